// A deadline for each request, together with the end of the service, and taken back when it is done.
const express = require('express')

const ending = new AbortController()
const app = express()
app.get('/jobs/:id', (request, response) => {
  const lines = Array.from({ length: 60 }, (_, index) => `${request.params.id};${index};${Math.random()}`)
  const onAbort = () => response.destroy(new Error(lines[0]))
  ending.signal.addEventListener('abort', onAbort)
  const timer = setTimeout(onAbort, 5000)
  setTimeout(() => {
    clearTimeout(timer)
    ending.signal.removeEventListener('abort', onAbort)
    response.json({ count: lines.length })
  }, 30)
})
process.once('SIGTERM', () => ending.abort())
app.listen(process.env.PORT, '127.0.0.1')
