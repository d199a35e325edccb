'use strict'

const { randomUUID } = require('node:crypto')
const express = require('express')
const { search } = require('./catalogue.js')
const { homePage, resultsPage } = require('./pages.js')
const { recall, remember } = require('./recent-searches.js')

const app = express()
app.disable('x-powered-by')

app.use((request, response, next) => {
  const cookie = /(?:^|; )visitor=([\w-]{36})(?:;|$)/.exec(request.headers.cookie ?? '')
  request.visitor = cookie ? cookie[1] : randomUUID()
  if (!cookie) response.setHeader('set-cookie', `visitor=${request.visitor}; HttpOnly; SameSite=Lax`)
  next()
})

app.get('/', (_request, response) => {
  response.send(homePage())
})

app.get('/search', (request, response) => {
  const query = String(request.query.q ?? '').slice(0, 100)
  const page = resultsPage(query, search(query))
  remember(request.visitor, query, page)
  response.send(page)
})

app.get('/recent', (request, response) => {
  response.send(recall(request.visitor)?.page ?? homePage())
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
