// Each order asks to be told when its answer is out, and never stops listening: every later answer is told to all of them.
const Hapi = require('@hapi/hapi')

const server = Hapi.server({ port: process.env.PORT, host: '127.0.0.1' })

server.route({
  method: 'GET',
  path: '/orders/{id}',
  handler(request) {
    const { id } = request.params
    const order = { id, lines: Array.from({ length: 60 }, (_, line) => `${id}-${line}`), isSent: false }
    request.server.events.on('response', (answered) => {
      if (answered.info.id === request.info.id) order.isSent = true
    })
    return { id, count: order.lines.length }
  },
})

server.start()
