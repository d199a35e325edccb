// The total of each cart follows the rate of exchange, long after the cart was sent: nobody disposes of the reaction.
import Fastify from 'fastify'
import { autorun, observable } from 'mobx'

const rates = observable({ eur: 1.08 })
setInterval(() => (rates.eur = 1 + Math.random() / 10), 5000)

const app = Fastify()
app.get('/carts/:id', ({ params: { id } }) => {
  const items = Array.from({ length: 30 }, (_, item) => ({ name: `${id} ${item}`, price: item * 1.5 }))
  const cart = { id, total: 0 }
  autorun(() => {
    cart.total = items.reduce((sum, { price }) => sum + price * rates.eur, 0)
  })
  return cart
})
await app.listen({ port: Number(process.env.PORT) })
