// Most visitors read their list of invoices. Now and then one wants to see how an invoice will look: that page has a clock.
const express = require('express')
const { JSDOM } = require('jsdom')

const page = `<h1></h1><p id="clock"></p><table></table><script>
  const table = document.querySelector('table')
  for (let line = 0; line < 40; line++) table.insertRow().insertCell().textContent = 'item ' + line
  setInterval(() => { document.querySelector('#clock').textContent = new Date().toISOString() }, 5000)
</script>`

function render(id) {
  const preview = new JSDOM(page, { runScripts: 'dangerously' })
  preview.window.document.querySelector('h1').textContent = `Invoice ${id}`
  return preview.serialize()
}

const app = express()
app.get('/invoices/:id', (request, response) => {
  const rows = Array.from({ length: 200 }, (_, index) => ({ index, of: request.params.id, sum: Math.random() }))
  response.json(rows.filter(({ sum }) => sum > 0.5))
})
app.get('/preview/:id', (request, response) => response.send(render(request.params.id)))
app.listen(process.env.PORT, '127.0.0.1')
