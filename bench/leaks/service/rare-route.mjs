// A busy service, and an export that is asked for once in a hundred times and stays.
import { createServer } from 'node:http'

const exports = []

createServer((request, response) => {
  if (request.url.startsWith('/export')) {
    const rows = Array.from({ length: 3000 }, (_, index) => ({
      index,
      name: `${request.url} ${index}`,
      at: Date.now(),
    }))
    exports.push(rows)
    response.end(String(rows.length))
  } else response.end(Array.from({ length: 100 }, (_, index) => `<li>${index} ${Math.random()}</li>`).join(''))
}).listen(process.env.PORT, '127.0.0.1')
