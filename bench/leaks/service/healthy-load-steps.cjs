// Every request is held for three seconds, and every minute there are more of them.
const express = require('express')

const app = express()
app.get('/report/:id', (request, response) => {
  const rows = Array.from({ length: 1500 }, (_, index) => ({ index, name: `${request.url} ${index}` }))
  setTimeout(() => response.send(rows.slice(0, 5)), 3000)
})
app.listen(process.env.PORT, '127.0.0.1')
