// A cache that counts its bytes by hand and lets the least recently used go: full at 80 MB, long before the heap is.
const { createServer } = require('node:http')

class PageCache {
  maxBytes = 80 * 1024 * 1024
  bytes = 0
  pages = new Map()

  get(url) {
    const page = this.pages.get(url)
    if (page === undefined) return undefined
    this.pages.delete(url)
    this.pages.set(url, page)
    return page
  }

  set(url, page) {
    this.pages.set(url, page)
    this.bytes += page.length
    while (this.bytes > this.maxBytes) {
      const [oldest, { length }] = this.pages.entries().next().value
      this.pages.delete(oldest)
      this.bytes -= length
    }
  }
}

const cache = new PageCache()

createServer((request, response) => {
  let page = cache.get(request.url)
  if (page === undefined) {
    page = Buffer.alloc(10_240, `x${request.url}`).toString('latin1')
    cache.set(request.url, page)
  }
  response.end(page)
}).listen(process.env.PORT, '127.0.0.1')
