// Memoised by its argument, and the argument is the whole URL.
const express = require('express')
const _ = require('lodash')

const search = _.memoize((url) => Array.from({ length: 120 }, (_item, index) => ({ url, index, score: Math.random() })))

const app = express()
app.get('/search/:words', (request, response) => response.json(search(request.url).slice(0, 3)))
app.listen(process.env.PORT, '127.0.0.1')
