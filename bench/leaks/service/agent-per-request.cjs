// A keep-alive agent for each call: none of them ever uses its connection again, and none closes it.
const http = require('http')
const axios = require('axios')

const stock = http.createServer((request, response) => response.end('{"stock":3}'))
stock.keepAliveTimeout = 3_600_000
stock.listen(0, '127.0.0.1')

http
  .createServer(async (request, response) => {
    const httpAgent = new http.Agent({ keepAlive: true })
    const { data } = await axios.get(`http://127.0.0.1:${stock.address().port}${request.url}`, { httpAgent })
    response.end(JSON.stringify(data))
  })
  .listen(process.env.PORT, '127.0.0.1')
