// The protocol of the day in one string, to be written at night.
const Koa = require('koa')

class Journal {
  #text = ''
  add(line) {
    this.#text += `${new Date().toISOString()} ${line}\n`
  }
  get length() {
    return this.#text.length
  }
}

const journal = new Journal()
const app = new Koa()
app.use((context) => {
  for (let step = 0; step < 60; step++) journal.add(`${context.path} step ${step} ${Math.random()}`)
  context.body = { length: journal.length }
})
app.listen(process.env.PORT, '127.0.0.1')
