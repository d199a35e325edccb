// Users are kept for ten minutes.
const Hapi = require('@hapi/hapi'),
  NodeCache = require('node-cache')
const cache = new NodeCache({ stdTTL: 600, maxKeys: -1 })
const server = Hapi.server({ port: process.env.PORT, host: '127.0.0.1' })
server.route({
  method: 'GET',
  path: '/user/{id}',
  handler: (request) => {
    const hit = cache.get(request.params.id)
    if (hit) return hit
    const user = { id: request.params.id, name: 'n' + request.params.id, roles: ['a', 'b'] }
    cache.set(request.params.id, user)
    return user
  },
})
server.start()
