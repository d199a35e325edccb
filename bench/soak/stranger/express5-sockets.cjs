// Each request listens to the end of its connection, which outlives it.
const express = require('express')
const app = express()
app.get('/live/:id', (request, response) => {
  const started = { at: Date.now(), url: request.url }
  request.socket.on('close', () => {
    started.done = true
  })
  response.json({ ok: 1 })
})
app.listen(process.env.PORT)
