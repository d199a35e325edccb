// A loader for each request, as it should be.
const Koa = require('koa')
const DataLoader = require('dataloader')

const app = new Koa()
app.use(async (context) => {
  const users = new DataLoader(async (ids) =>
    ids.map((id) => ({ id, friends: Array.from({ length: 60 }, (_, index) => `${id}/${index}`) })),
  )
  context.body = await Promise.all([users.load(context.path), users.load('/me')])
})
app.listen(Number(process.env.PORT), '127.0.0.1')
