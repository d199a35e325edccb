// Results are good for five seconds, and nobody takes the old ones out.
const http = require('http')
const mem = require('mem')

const render = mem(
  (url) => Array.from({ length: 170 }, (_, index) => `<li>${url} ${index} ${Math.random()}</li>`).join(''),
  {
    maxAge: 5000,
  },
)

http.createServer((request, response) => response.end(render(request.url))).listen(process.env.PORT, '127.0.0.1')
