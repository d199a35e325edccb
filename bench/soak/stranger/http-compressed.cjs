const http = require('http')
const compression = require('compression')
const ejs = require('ejs')

const page = ejs.compile(
  '<html><body><h1><%= title %></h1><% for (const n of numbers) { %><li><%= n %></li><% } %></body></html>',
)
const compress = compression({ threshold: 0 })
let served = 0

const server = http.createServer(function (req, res) {
  compress(req, res, function () {
    served += 1
    res.setHeader('Content-Type', 'text/html')
    res.end(page({ title: req.url, numbers: Array.from({ length: 30 }, (_, n) => n * served) }))
  })
})
server.listen(process.env.PORT || 8000)
