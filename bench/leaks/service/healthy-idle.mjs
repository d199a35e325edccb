// Next to nothing happens.
import { createServer } from 'node:http'

let count = 0
setInterval(() => count++, 5000)
createServer((request, response) => response.end(String(count))).listen(process.env.PORT, '127.0.0.1')
