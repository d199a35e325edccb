// lru-cache bounded by the length of what is in it: full at 80 MB, long before the heap is.
const { createServer } = require('node:http')
const { LRUCache } = require('lru-cache')

const pages = new LRUCache({ maxSize: 80 * 1024 * 1024, sizeCalculation: (page) => page.length })

createServer((request, response) => {
  let page = pages.get(request.url)
  if (page === undefined) {
    page = Buffer.alloc(10_240, `x${request.url}`).toString('latin1')
    pages.set(request.url, page)
  }
  response.end(page)
}).listen(process.env.PORT, '127.0.0.1')
