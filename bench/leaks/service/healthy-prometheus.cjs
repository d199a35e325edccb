// Metrics with a label for each of a thousand routes, which appear one after the other as they are asked for.
const express = require('express')
const client = require('prom-client')

client.collectDefaultMetrics()
const took = new client.Histogram({ name: 'took_seconds', help: 'How long it took', labelNames: ['route', 'code'] })
const size = new client.Summary({
  name: 'size_bytes',
  help: 'How large it was',
  labelNames: ['route'],
  maxAgeSeconds: 60,
  ageBuckets: 3,
})

const app = express()
app.get('/metrics', async (request, response) => response.send(await client.register.metrics()))
app.get('/r/:route', (request, response) => {
  const end = took.startTimer({ route: request.params.route })
  const text = `<h1>${request.params.route}</h1>`.repeat(50)
  size.observe({ route: request.params.route }, text.length)
  response.send(text)
  end({ code: 200 })
})
app.listen(process.env.PORT, '127.0.0.1')
