const express = require('express')

const SLOTS = 400 * 1000

let recent = []
let count = 0

function tidy() {
  recent = recent.slice(recent.length / 2)
  count = recent.length
}

function remember(visit) {
  recent.push(visit)
  count++
  if (count > SLOTS) tidy()
}

const app = express()
app.get('/visit/:who', (req, res) => {
  remember({ who: req.params.who, agent: req.get('user-agent'), at: recent.length })
  res.json({ visits: recent.length })
})
app.listen(process.env.PORT || 3000)
