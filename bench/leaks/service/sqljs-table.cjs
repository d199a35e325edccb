// An event table in a database that lives in WebAssembly memory, and no row is ever deleted.
const http = require('http')
const initSqlJs = require('sql.js')

initSqlJs().then((SQL) => {
  const db = new SQL.Database()
  db.run('create table events (url text, body text)')
  http
    .createServer((request, response) => {
      db.run('insert into events values (?, ?)', [request.url, 'x'.repeat(30_000)])
      response.end('noted')
    })
    .listen(process.env.PORT, '127.0.0.1')
})
