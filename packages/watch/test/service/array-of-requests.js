import { page, serve } from './serve.js'

const audit = []

serve(({ url }) => {
  audit.push({ url, html: page(url) })
})
