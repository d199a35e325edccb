import { createServer } from 'node:http'
import { remember } from './catalog/pages.js'

const server = createServer((request, response) => {
  const id = (request.url ?? '').split('/').at(-1) ?? ''
  response.setHeader('content-type', 'application/json').end(JSON.stringify(remember(id)))
})
server.listen(Number(process.env['PORT']), '127.0.0.1', () => process.stdout.write('listening\n'))
