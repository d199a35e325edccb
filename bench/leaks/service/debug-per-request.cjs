// A logger named after each request, as many a service does it.
const express = require('express')
const debug = require('debug')

const app = express()
app.get('/orders/:id', (request, response) => {
  const order = {
    id: request.params.id,
    lines: Array.from({ length: 150 }, (_, index) => `${request.params.id}-${index}`),
  }
  const log = debug(`shop:orders:${request.params.id}`)
  log.order = order
  log('found')
  response.json(order)
})
app.listen(process.env.PORT, '127.0.0.1')
