import Fastify from 'fastify'

const app = Fastify({ logger: false })

function memoize(fn) {
  const results = {}
  return (...args) => {
    const key = JSON.stringify(args)
    if (!(key in results)) results[key] = fn(...args)
    return results[key]
  }
}

const forecast = memoize((city) => {
  let hash = 7
  for (const letter of city) hash = (hash * 31 + letter.charCodeAt(0)) % 100003
  return { city, days: Array.from({ length: 5 }, (_, day) => ({ day, celsius: ((hash >> day) % 35) - 5 })) }
})

app.get('/forecast/:city', async (request) => forecast(request.params.city))

await app.listen({ port: Number(process.env.PORT) || 3000, host: '0.0.0.0' })
