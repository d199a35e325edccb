import { setInterval } from 'node:timers'
import { page, serve } from './serve.js'

const sessions = new Map()

setInterval(() => {
  for (const [url, { atMs }] of sessions) if (atMs < Date.now() - 30_000) sessions.delete(url)
}, 1000)

serve(({ url }) => {
  sessions.set(url, { atMs: Date.now(), html: page(url) })
})
