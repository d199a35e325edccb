'use strict'
const Koa = require('koa')
const { text } = require('node:stream/consumers')
const { Readable } = require('node:stream')
const { remember } = require('./pages.cjs')

const app = new Koa()
app.use(async (context, next) => {
  await next()
  context.set('x-answered', 'yes')
})
app.use(async (context) => {
  const [, route, id] = context.path.split('/')
  if (route === 'page') context.body = remember(id)
  else if (route === 'html') {
    context.cookies.set('seen', id)
    context.body = `<h1>${id}</h1>`
  } else if (route === 'echo' && context.method === 'POST') {
    context.status = 201
    context.body = JSON.parse(await text(context.req))
  } else if (route === 'moved') context.redirect('/page/0')
  else if (route === 'broken') throw new Error('broken on purpose')
  else if (route === 'late') {
    await new Promise((resolve) => setTimeout(resolve, 2))
    context.throw(503, 'late on purpose', { expose: true })
  } else if (route === 'parts') context.body = Readable.from(['one ', 'two'])
})

const server = app.listen(process.env.PORT, '127.0.0.1', () => process.stdout.write('listening\n'))
process.on('SIGTERM', () => {
  server.close(() => process.exit(7))
  server.closeAllConnections()
})
