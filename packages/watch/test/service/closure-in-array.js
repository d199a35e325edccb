import { page, serve } from './serve.js'

const cleanups = []

serve(({ url }) => {
  const html = page(url)
  cleanups.push(() => html.length)
  return html
})
