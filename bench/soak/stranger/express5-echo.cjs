// Nothing is kept.
const express = require('express'),
  crypto = require('crypto')
const app = express()
app.use(express.json())
app.get('/hash/:x', (request, response) =>
  response.json({ h: crypto.createHash('sha256').update(request.params.x).digest('hex') }),
)
app.post('/echo', (request, response) => response.json(request.body))
app.listen(process.env.PORT, () => console.log('up'))
