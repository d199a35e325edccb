'use strict'
// An agent that is loaded by the app itself, after whatever was preloaded.
if (process.env.AGENT) require(process.env.AGENT)
const express = require('express')
const { remember } = require('./pages.cjs')

const app = express()
app.use(express.json({ limit: '20kb' }))
app.get('/page/:id', (request, response) => response.json(remember(request.params.id)))
app.get('/html/:id', (request, response) => {
  response.cookie('seen', request.params.id, { httpOnly: true }).type('html').send(`<h1>${request.params.id}</h1>`)
})
app.post('/echo', (request, response) => response.status(201).json(request.body))
app.get('/moved', (_request, response) => response.redirect(307, '/page/0'))
app.get('/broken', () => {
  throw new Error('broken on purpose')
})
app.get('/late', async () => {
  await new Promise((resolve) => setTimeout(resolve, 2))
  throw new Error('late on purpose')
})
app.get('/parts', (_request, response) => {
  response.write('one ')
  setTimeout(() => response.end('two'), 2)
})

const server = app.listen(process.env.PORT, '127.0.0.1', () => process.stdout.write('listening\n'))
process.on('SIGTERM', () => {
  server.close(() => process.exit(7))
  server.closeAllConnections()
})
