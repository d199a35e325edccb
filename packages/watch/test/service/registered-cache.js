import { registerCache } from '../../dist/index.js'
import { page, serve } from './serve.js'

const pages = new Map()
registerCache('pages', { clear: () => pages.clear() })

serve(({ url }) => {
  if (!pages.has(url)) pages.set(url, page(url))
  return pages.get(url)
})
