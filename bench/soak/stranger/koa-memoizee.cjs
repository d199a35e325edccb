// Forecasts are remembered for every city that was ever asked for.
const Koa = require('koa'),
  Router = require('@koa/router'),
  memoize = require('memoizee')
const app = new Koa(),
  router = new Router()
const lookup = memoize(async (city) => ({ city, temp: Math.random(), text: city.repeat(20) }), { promise: true })
router.get('/weather/:city', async (context) => {
  context.body = await lookup(context.params.city)
})
app.use(router.routes())
app.listen(process.env.PORT)
