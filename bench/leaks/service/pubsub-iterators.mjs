// A subscription for each visitor, of whom nobody says when they have gone.
import { createServer } from 'node:http'
import { PubSub } from 'graphql-subscriptions'

const updates = new PubSub()
updates.ee.setMaxListeners(0)

createServer((request, response) => {
  const seen = Array.from({ length: 90 }, (_, index) => `${request.url} ${index} ${Math.random()}`)
  const iterator = updates.asyncIterator('stock')
  void iterator.next().then(({ value }) => seen.push(value))
  response.end('subscribed')
}).listen(process.env.PORT, '127.0.0.1')
