const express = require('express')
const helmet = require('helmet')

const app = express()
const auditTrail = []

app.use(helmet())
app.use(express.json())
app.use((req, res, next) => {
  auditTrail.push({ method: req.method, url: req.originalUrl, at: new Date(), agent: req.get('user-agent') })
  next()
})

app.get('/users/:id', (req, res) => {
  res.json({ id: Number(req.params.id), name: `User ${req.params.id}`, roles: ['reader'] })
})

app.get('/audit', (req, res) => res.json(auditTrail.slice(-50)))

const port = process.env.PORT || 3000
app.listen(port, () => console.log(`listening on ${port}`))
