// A quiet service with a batch every 40 seconds that builds 40 MB over ten seconds and lets them go.
import { createServer } from 'node:http'

let rows = []
let second = 0
setInterval(() => {
  second = (second + 1) % 40
  if (second >= 30)
    for (let index = 0; index < 20_000; index++)
      rows.push({ index, second, text: `row ${index} of ${second}`, more: [index, second] })
  else if (second === 0) rows = []
}, 1000)

createServer((request, response) => response.end(String(rows.length))).listen(process.env.PORT, '127.0.0.1')
