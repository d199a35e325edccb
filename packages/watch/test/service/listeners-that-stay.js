import { EventEmitter } from 'node:events'
import { page, serve } from './serve.js'

const bus = new EventEmitter()
bus.setMaxListeners(0)

serve(({ url }) => {
  const html = page(url)
  bus.on('changed', () => html.length)
  return html
})
