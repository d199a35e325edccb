// Work is queued, two hundred jobs at once every quarter of a minute, and done in its time.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import PQueue from 'p-queue'

const queue = new PQueue({ concurrency: 3 })
let count = 0

createServer((request, response) => {
  const jobs = ++count % 300 === 0 ? 200 : 1
  for (let job = 0; job < jobs; job++) {
    const lines = Array.from({ length: 100 }, (_, index) => `${request.url} ${job} ${index} ${Math.random()}`)
    void queue.add(async () => {
      await sleep(20)
      return lines.length
    })
  }
  response.end(String(queue.size))
}).listen(process.env.PORT, '127.0.0.1')
