// Memoised without a bound, over a catalogue that has an end: the popular ones come first, the rest over minutes.
const express = require('express')
const _ = require('lodash')

const product = _.memoize((id) => ({ id, text: Array.from({ length: 60 }, (_item, index) => `${id} ${index}`) }))

const app = express()
app.get('/p/:id', (request, response) => response.json(product(request.params.id).text[0]))
app.listen(process.env.PORT, '127.0.0.1')
