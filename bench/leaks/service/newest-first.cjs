// The last imports stand first on a page that shows ten of them; the file of each is kept with it. One request of thirty imports.
const { randomBytes } = require('node:crypto')
const express = require('express')

class Import {
  static recent = []

  constructor(id) {
    this.id = id
    this.file = randomBytes(400_000)
    Import.recent.unshift(this)
  }
}

const app = express()
app.get('/import/:id', (request, response) => {
  const { id, file } = new Import(request.params.id)
  response.json({ id, bytes: file.length })
})
app.get('/recent/:page', (request, response) => {
  response.json(Import.recent.slice(0, 10).map(({ id }) => id))
})
app.listen(process.env.PORT)
