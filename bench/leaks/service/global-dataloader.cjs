// A loader belongs to a request; this one belongs to the process.
const Koa = require('koa')
const DataLoader = require('dataloader')

const users = new DataLoader(async (ids) =>
  ids.map((id) => ({ id, name: `user ${id}`, friends: Array.from({ length: 150 }, (_, index) => `${id}/${index}`) })),
)

const app = new Koa()
app.use(async (context) => {
  context.body = await users.load(context.path)
})
app.listen(Number(process.env.PORT), '127.0.0.1')
