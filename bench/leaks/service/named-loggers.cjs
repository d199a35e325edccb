// A logger for each request, by the name of the request: the package keeps every logger it ever made.
const express = require('express')
const log = require('loglevel')

const app = express()
app.use((request, _response, next) => {
  request.log = log.getLogger(`request ${request.url}`)
  request.log.setLevel('warn')
  next()
})
app.get('/customers/:id', (request, response) => {
  request.log.debug('asked')
  response.json({ id: request.params.id })
})
app.listen(process.env.PORT)
