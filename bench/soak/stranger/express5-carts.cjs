// Carts by session, for visitors of whom most never come back.
const express = require('express'),
  cookie = require('cookie-parser'),
  { randomUUID } = require('crypto')
const app = express()
const carts = {}
app.use(express.json(), cookie())
app.use((request, response, next) => {
  if (request.get('authorization') !== 'Bearer t0ken') return response.status(401).json({ error: 'no' })
  next()
})
app.use((request, response, next) => {
  let sid = request.cookies.sid
  if (!sid) {
    sid = randomUUID()
    response.cookie('sid', sid)
  }
  request.sid = sid
  next()
})
app.post('/cart', (request, response) => {
  const cart = carts[request.sid] ?? { items: [] }
  cart.items.push({ sku: request.body.sku, count: request.body.count, at: new Date() })
  carts[request.sid] = cart
  response.status(201).json({ items: cart.items.length })
})
app.get('/health', (request, response) => response.send('ok'))
app.listen(process.env.PORT || 3000)
