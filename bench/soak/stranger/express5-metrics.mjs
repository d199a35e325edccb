// One series for each address, where one for each route was meant.
import { performance } from 'node:perf_hooks'

import express from 'express'
class Metrics {
  #series = new Map()
  observe(route, ms) {
    let s = this.#series.get(route)
    if (!s) this.#series.set(route, (s = { count: 0, sum: 0, buckets: new Array(12).fill(0) }))
    s.count++
    s.sum += ms
  }
}
const metrics = new Metrics()
const app = express()
app.use((request, response, next) => {
  const t = performance.now()
  response.on('finish', () => metrics.observe(request.originalUrl, performance.now() - t))
  next()
})
app.get('/items/:id', (request, response) => response.json({ id: request.params.id }))
app.get('/', (request, response) => response.send('home'))
app.listen(process.env.PORT)
