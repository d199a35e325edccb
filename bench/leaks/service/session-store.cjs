// The default store of express-session, and crawlers that bring no cookie: a new session for each of their requests.
const express = require('express')
const session = require('express-session')

const app = express()
app.use(session({ secret: 'of no account', resave: false, saveUninitialized: true, cookie: { maxAge: 10_000 } }))
app.get('/shop/:page', (request, response) => {
  request.session.trail = Array.from({ length: 240 }, (_, index) => `/shop/${request.params.page}/${index}?from=home`)
  response.send(`<h1>${request.params.page}</h1>`)
})
app.listen(process.env.PORT, '127.0.0.1')
