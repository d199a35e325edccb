// A download gets a route of its own, which stays when it has been fetched.
const express = require('express')

const app = express()
app.get('/prepare/:id', (request, response) => {
  const { id } = request.params
  const report = Array.from({ length: 90 }, (_, index) => `${id};${index};${Math.random()}`)
  app.get(`/download/${id}`, (_, download) => download.send(report.join('\n')))
  response.json({ at: `/download/${id}` })
})
app.listen(process.env.PORT, '127.0.0.1')
