const http = require('node:http')
const querystring = require('node:querystring')

const online = { count: 0 }

http
  .createServer((req, res) => {
    const [path, query] = req.url.split('?')
    const { name = path.slice(1) } = querystring.parse(query)
    online.count++
    const beat = setInterval(() => {
      if (res.socket && !res.writableEnded) res.write(' ')
      online.last = name
    }, 15000)
    res.on('error', () => clearInterval(beat))
    res.setHeader('content-type', 'text/plain')
    res.end(`hello ${name}\n`)
  })
  .listen(process.env.PORT || 8080)
