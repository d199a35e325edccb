// A namespace of Socket.IO for each order that is followed; nobody takes one away when the order has arrived.
const http = require('http')
const { Server } = require('socket.io')

const server = http.createServer((request, response) => {
  const order = io.of(`/orders${request.url}`)
  order.emit('moved', { at: Date.now(), where: request.url })
  response.end('followed')
})
const io = new Server(server, { serveClient: false })
server.listen(process.env.PORT, '127.0.0.1')
