// Mails go out four at a time; four of them wait for a server that never answers, and all the others wait for those.
import { AsyncLocalStorage } from 'node:async_hooks'
import { createServer } from 'node:http'
import PQueue from 'p-queue'

const requests = new AsyncLocalStorage()
const mails = new PQueue({ concurrency: 4 })

async function deliver(text) {
  await new Promise((resolve) => (requests.getStore().once = resolve))
  return text.length
}

createServer((request, response) => {
  const trail = Array.from({ length: 60 }, (_, index) => `${request.url} ${index} ${Math.random()}`)
  requests.run({ url: request.url, trail }, () => {
    void mails.add(() => deliver(`Thank you for your order ${request.url}`))
    response.end('ordered')
  })
}).listen(process.env.PORT, '127.0.0.1')
