// What belongs to a request, a socket or a user is looked up by it in WeakMaps, and goes with it.
const express = require('express')

const ofRequest = new WeakMap()
const ofSocket = new WeakMap()
const users = new Map()
const finalized = new FinalizationRegistry((name) => users.delete(name))

const app = express()
app.use((request, response, next) => {
  ofRequest.set(request, {
    at: Date.now(),
    trail: Array.from({ length: 200 }, (_, index) => `${request.url} ${index}`),
  })
  ofSocket.set(request.socket, { count: (ofSocket.get(request.socket)?.count ?? 0) + 1 })
  next()
})
app.get('/u/:name', (request, response) => {
  let user = users.get(request.params.name)?.deref()
  if (!user) {
    user = {
      name: request.params.name,
      rights: Array.from({ length: 100 }, (_, index) => `right ${index} of ${request.params.name}`),
    }
    users.set(user.name, new WeakRef(user))
    finalized.register(user, user.name)
  }
  response.json({ rights: user.rights.length, steps: ofRequest.get(request).trail.length })
})
app.listen(process.env.PORT, '127.0.0.1')
