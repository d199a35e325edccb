import { page, serve } from './serve.js'

const pages = new Map()

serve(({ url }) => {
  if (!pages.has(url)) pages.set(url, page(url))
  return pages.get(url)
})
