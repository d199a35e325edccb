// Counts requests by client for a minute; a new client with nearly every request.
const express = require('express')
const { rateLimit } = require('express-rate-limit')

const app = express()
app.use(rateLimit({ windowMs: 60_000, limit: 1000, keyGenerator: (request) => request.url, validate: false }))
app.get('/c/:client', (request, response) => response.send('fine'))
app.listen(process.env.PORT, '127.0.0.1')
