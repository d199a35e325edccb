// Reminders are cron tasks, stopped as soon as they are set for another day. The library keeps every task it ever made.
const express = require('express')
const cron = require('node-cron')

const app = express()
app.get('/remind/:id', (request, response) => {
  const text = Array.from({ length: 300 }, () => `remember ${request.params.id}`).join(' ')
  const task = cron.schedule('0 9 * * 1', () => process.stdout.write(text.toUpperCase()), { scheduled: false })
  task.stop()
  response.send('later')
})
app.listen(process.env.PORT, '127.0.0.1')
