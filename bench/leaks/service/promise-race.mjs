// Every answer races against one promise that never settles, which remembers all that ever raced.
import { createServer } from 'node:http'

const shutdown = new Promise((resolve) => process.once('SIGUSR2', resolve))

async function work(url) {
  await new Promise((resolve) => setImmediate(resolve))
  return Array.from({ length: 60 }, (_, index) => `${url} ${index} ${Math.random()}`)
}

createServer(async (request, response) => {
  const answer = await Promise.race([shutdown, work(request.url)])
  response.end(answer.join(' '))
}).listen(process.env.PORT, '127.0.0.1')
