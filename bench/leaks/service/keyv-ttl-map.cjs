// Keyv with an age, in its default store, a Map: what has expired is removed when somebody asks for it, and nobody does.
const Koa = require('koa')
const Keyv = require('keyv')

const answers = new Keyv({ ttl: 20_000, namespace: 'answers' })
const app = new Koa()
app.use(async (context) => {
  let answer = await answers.get(context.path)
  if (!answer) {
    answer = Array.from({ length: 80 }, (_, index) => ({ place: `${context.path}/${index}`, score: Math.random() }))
    await answers.set(context.path, answer)
  }
  context.body = answer.slice(0, 3)
})
app.listen(process.env.PORT, '127.0.0.1')
