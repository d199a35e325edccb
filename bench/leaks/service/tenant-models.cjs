// Each tenant has tables of its own, so each has its own models; defined again for every order, under the order's own name.
const express = require('express')
const { DataTypes, Sequelize } = require('sequelize')

const database = new Sequelize('postgres://127.0.0.1:1/shop', { logging: false })
const app = express()
app.get('/orders/:id', (request, response) => {
  const Order = database.define(`order_${request.params.id}`, {
    number: DataTypes.STRING,
    total: { type: DataTypes.DECIMAL, validate: { min: 0 } },
    note: DataTypes.TEXT,
  })
  const order = Order.build({ number: request.params.id, total: 12 })
  response.json({ table: Order.getTableName(), order })
})
app.listen(process.env.PORT, '127.0.0.1')
