// The framework's own cache of a method's answers: each lives for 85 seconds, so it grows until then, and not after.
const Hapi = require('@hapi/hapi')

async function start() {
  const server = Hapi.server({ port: Number(process.env.PORT), host: '127.0.0.1' })
  server.method('forecast', (place) => ({ place, hours: Array.from({ length: 120 }, () => Math.random() * 30) }), {
    cache: { expiresIn: 85_000, generateTimeout: 2000 },
  })
  server.route({
    method: 'GET',
    path: '/forecast/{place}',
    handler: async ({ params }) => server.methods.forecast(params.place),
  })
  await server.start()
}

void start()
