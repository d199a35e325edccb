// Charts are drawn by a native add-on and kept for the next visitor, by the time of the visit.
const http = require('http')
const { createCanvas } = require('@napi-rs/canvas')

const charts = new Map()

http
  .createServer((request, response) => {
    const canvas = createCanvas(176, 176)
    canvas.getContext('2d').fillRect(0, 0, 100, 100)
    charts.set(request.url, canvas)
    response.end('drawn')
  })
  .listen(process.env.PORT, '127.0.0.1')
