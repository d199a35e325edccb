// An in-memory SQLite of a native add-on into which events go and out of which none comes.
const http = require('http')
const Database = require('libsql')

const db = new Database(':memory:')
db.exec('create table events (url text, body text)')
const insert = db.prepare('insert into events values (?, ?)')

http
  .createServer((request, response) => {
    insert.run([request.url, 'x'.repeat(30_000)])
    response.end('noted')
  })
  .listen(process.env.PORT, '127.0.0.1')
