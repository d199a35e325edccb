import { setTimeout as pause } from 'node:timers/promises'

import express from 'express'

const app = express()

let shutDown
const closing = new Promise((resolve) => (shutDown = resolve))
process.on('SIGTERM', () => shutDown('the server is going away'))

app.get('/jobs/:id', async (request, response) => {
  let isDone = false
  closing.then((why) => {
    if (!isDone) response.status(503).send(why)
  })
  await pause(2)
  isDone = true
  response.send({ job: request.params.id, state: 'done' })
})

app.listen(process.env.PORT ?? 3000)
