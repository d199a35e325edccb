// Uploads wait in memory for a scanner; what has been scanned is marked, and kept.
const express = require('express')
const { createHash } = require('crypto')

const jobs = []
const app = express()
app.post('/upload', express.raw({ type: () => true, limit: '2mb' }), (request, response) => {
  const job = { file: request.body, at: Date.now(), isDone: false }
  jobs.push(job)
  setImmediate(() => {
    job.digest = createHash('sha1').update(job.file).digest('hex')
    job.isDone = true
  })
  response.json({ job: jobs.length })
})
app.listen(process.env.PORT, '127.0.0.1')
