import { createServer } from 'node:http'

/** A page of about 2.7 KB that is different every time. */
export function page(url) {
  const items = Array.from({ length: 60 }, (_, index) => `<li>${url} item ${index} ${Math.random()}</li>`)
  return items.join('')
}

/** Serves what `answer` gives on any free port of the loopback, and says which. */
export function serve(answer) {
  const server = createServer((request, response) => response.end(String(answer(request) ?? 'ok')))
  server.listen(0, '127.0.0.1', () => process.stdout.write(`PORT ${server.address().port}\n`))
}
