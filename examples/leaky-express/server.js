'use strict'

const { randomUUID } = require('node:crypto')
const express = require('express')
const { search } = require('./catalogue.js')
const { recall, remember } = require('./recent-searches.js')

const app = express()
app.disable('x-powered-by')

app.use((request, response, next) => {
  const cookie = /(?:^|; )visitor=([\w-]+)/.exec(request.headers.cookie ?? '')
  request.visitor = cookie ? cookie[1] : randomUUID()
  if (!cookie) response.setHeader('set-cookie', `visitor=${request.visitor}; HttpOnly; SameSite=Lax`)
  next()
})

app.get('/', (_request, response) => {
  response.send('<form action="/search"><input name="q" placeholder="brass kettle"><button>Search</button></form>')
})

app.get('/search', (request, response) => {
  const query = String(request.query.q ?? '').slice(0, 100)
  const results = search(query)
  remember(request.visitor, query, results)
  response.json({ query, count: results.length, results: results.slice(0, 20) })
})

app.get('/recent', (request, response) => {
  response.json(recall(request.visitor).map(({ query, at, results }) => ({ query, at, count: results.length })))
})

const port = Number(process.env.PORT ?? 3400)
const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) {
    console.error(`Port ${port} cannot be had (${error.code}). Choose another: PORT=3500 node server.js`)
    process.exit(1)
  }
  const { port: actual } = server.address()
  console.log(`Listening on http://127.0.0.1:${actual}. Visitors come with: node load.js ${actual}`)
})
