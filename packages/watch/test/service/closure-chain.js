import { page, serve } from './serve.js'

let last = null

serve(({ url }) => {
  const html = page(url)
  const before = last
  last = () => [html, before]
  return html
})
