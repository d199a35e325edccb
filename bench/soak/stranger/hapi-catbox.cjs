const Hapi = require('@hapi/hapi')

async function main() {
  const server = Hapi.server({ port: process.env.PORT || 3000, host: 'localhost' })
  server.method('price', async (id) => ({ id, price: (Number(id) * 7) % 1000 }), {
    generateKey: (id) => String(id),
    cache: { expiresIn: 5000, generateTimeout: 500 },
  })
  server.route({ method: 'GET', path: '/items/{id}', handler: (request) => server.methods.price(request.params.id) })
  await server.start()
}

main()
