// Some hundred mail templates, each compiled when it is first used. After that there is nothing more to compile.
const express = require('express')
const Handlebars = require('handlebars')

const compiled = {}
const sourceOf = (name) =>
  Array.from(
    { length: 60 },
    (_, part) =>
      `{{#if show${part}}}<p class="${name}-${part}">{{lookup row ${part}}} {{user.name}}</p>{{else}}-{{/if}}`,
  ).join('\n')

function templateOf(name) {
  compiled[name] ??= Handlebars.compile(sourceOf(name))
  return compiled[name]
}

const app = express()
app.get('/mail/:name', (request, response) => {
  const show = Object.fromEntries(Array.from({ length: 60 }, (_, part) => [`show${part}`, part % 2 === 0]))
  response.send(templateOf(request.params.name)({ ...show, row: [], user: { name: 'reader' } }))
})
app.listen(process.env.PORT, '127.0.0.1')
