// Every job hears of the service's end by the one signal there is, and goes on listening when it is done.
const express = require('express')

const ending = new AbortController()
const app = express()
const jobs = express.Router()
jobs.get('/:id', (request, response) => {
  const lines = Array.from({ length: 60 }, (_, index) => `${request.params.id};${index};${Math.random()}`)
  ending.signal.addEventListener('abort', () => response.destroy(new Error(lines[0])))
  response.json({ count: lines.length })
})
app.use('/jobs', jobs)
process.once('SIGTERM', () => ending.abort())
app.listen(process.env.PORT, '127.0.0.1')
