import { setTimeout } from 'node:timers'
import { page, serve } from './serve.js'

const underWay = new Set()

serve(({ url }) => {
  const work = { html: page(url) }
  underWay.add(work)
  setTimeout(() => underWay.delete(work), 2000)
})
