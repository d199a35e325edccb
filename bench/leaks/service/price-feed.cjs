// One feed of prices for all. Every page that shows one listens to it, and no page says when it is closed.
const { EventEmitter } = require('eventemitter3')
const polka = require('polka')

class Feed extends EventEmitter {
  prices = new Map()
  watch(symbol, listener) {
    this.on('price', listener, { symbol })
    return this.prices.get(symbol) ?? 100
  }
}

const feed = new Feed()
setInterval(() => feed.emit('price', 'ACME', Math.random()), 2000).unref()

polka()
  .get('/quotes/:symbol', (request, response) => {
    const page = {
      symbol: request.params.symbol,
      rows: Array.from({ length: 90 }, (_, row) => `${request.path} ${row} ${Math.random()}`),
    }
    const price = feed.watch(page.symbol, (symbol, now) => {
      if (symbol === page.symbol) page.rows.push(`${now}`)
    })
    response.end(JSON.stringify({ price, rows: page.rows.length }))
  })
  .listen(process.env.PORT, '127.0.0.1')
