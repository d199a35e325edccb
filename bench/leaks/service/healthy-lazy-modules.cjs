// Loads what it needs when it needs it first; some of it is large.
const http = require('http')

const names = [
  'lodash',
  'moment',
  'typescript',
  'ajv',
  'rxjs',
  'react-dom/server',
  'marked',
  'express',
  'date-fns',
  'yaml',
]
const beganAt = Date.now()

http
  .createServer((request, response) => {
    const due = Math.min(names.length, Math.floor((Date.now() - beganAt) / 20_000))
    const used = names.slice(0, due).map((name) => typeof require(name))
    response.end(used.join(' '))
  })
  .listen(process.env.PORT, '127.0.0.1')
