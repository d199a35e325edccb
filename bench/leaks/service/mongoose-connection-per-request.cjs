// A client of its own for each request, as people do in functions of a cloud: mongoose remembers every connection ever made.
const express = require('express')
const mongoose = require('mongoose')

const orderSchema = new mongoose.Schema({ number: String, lines: [{ article: String, count: Number }], at: Date })
const app = express()
app.get('/orders/:number', (request, response) => {
  const connection = mongoose.createConnection()
  const Order = connection.model('Order', orderSchema)
  const order = new Order({ number: request.params.number, lines: [{ article: 'a', count: 1 }], at: new Date() })
  response.json(order.toObject())
})
app.listen(process.env.PORT, '127.0.0.1')
