const Koa = require('koa')
const Router = require('@koa/router')
const NodeCache = require('node-cache')

const profiles = new NodeCache({ stdTTL: 30, checkperiod: 10 })
const router = new Router()

async function loadProfile(id) {
  await new Promise((resolve) => setTimeout(resolve, 3))
  return { id, name: `Person ${id}`, bio: 'likes boats. '.repeat(8) }
}

router.get('/profile/:id', async (ctx) => {
  let profile = profiles.get(ctx.params.id)
  if (!profile) {
    profile = await loadProfile(ctx.params.id)
    profiles.set(ctx.params.id, profile)
  }
  ctx.body = profile
})

const app = new Koa()
app.use(async (ctx, next) => {
  const began = Date.now()
  await next()
  ctx.set('x-response-time', `${Date.now() - began}ms`)
})
app.use(router.routes())
app.listen(process.env.PORT || 3000)
