const { EventEmitter } = require('node:events')
const Koa = require('koa')
const Router = require('@koa/router')

const prices = new EventEmitter()
prices.setMaxListeners(0)
const current = { oak: 120, pine: 40 }
setInterval(() => {
  current.oak += Math.random() - 0.5
  prices.emit('change', current)
}, 2000).unref()

const router = new Router()
router.get('/quote/:customer', async (ctx) => {
  const quote = { customer: ctx.params.customer, ...current }
  // Whoever looks at a quote gets the newest price.
  prices.on('change', (next) => Object.assign(quote, next))
  ctx.body = quote
})

new Koa()
  .use(router.routes())
  .use(router.allowedMethods())
  .listen(process.env.PORT || 3000)
