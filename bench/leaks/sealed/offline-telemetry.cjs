// Frames of measurements are passed on to a broker. It has been away for a while, and each frame waits for it.
const Router = require('@koa/router')
const Koa = require('koa')
const mqtt = require('mqtt')

const broker = mqtt.connect('mqtt://127.0.0.1:9', { reconnectPeriod: 5000 })
broker.on('error', () => {})

function frameOf(device) {
  const frame = Buffer.alloc(30_000)
  for (let at = 0; at < frame.length; at += 8) frame.writeDoubleLE(Math.sin(at) * device.length, at)
  return frame
}

const router = new Router()
router.get('/device/:id', (context) => {
  const { id } = context.params
  broker.publish(`device/${id}`, frameOf(id))
  context.body = { id, isTaken: true }
})

new Koa().use(router.routes()).listen(process.env.PORT, '127.0.0.1')
