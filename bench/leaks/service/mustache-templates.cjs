// Mails are put together as templates that hold the customer's name already, and Mustache keeps what it has parsed.
const http = require('http')
const Mustache = require('mustache')

http
  .createServer((request, response) => {
    const template = `<h1>Dear ${request.url}</h1>${'{{#items}}<p>{{name}}</p>{{/items}}'.repeat(9)}<footer>{{date}}</footer>`
    response.end(Mustache.render(template, { items: [{ name: 'lamp' }, { name: 'chair' }], date: 'today' }))
  })
  .listen(process.env.PORT, '127.0.0.1')
