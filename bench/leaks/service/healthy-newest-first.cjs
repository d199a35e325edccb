// The last twelve thousand visits, the newest first: full after a few minutes, and from then on each pushes one out.
const Koa = require('koa')

const KEPT = 12_000
const visits = []

const app = new Koa()
app.use((context) => {
  visits.unshift({ path: context.path, steps: Array.from({ length: 40 }, (_, step) => `${context.path} ${step}`) })
  if (visits.length > KEPT) visits.pop()
  context.body = { count: visits.length }
})
app.listen(process.env.PORT)
