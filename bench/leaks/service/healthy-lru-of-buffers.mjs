// Images in an LRU cache bounded by their bytes, which takes minutes to fill.
import { createServer } from 'node:http'
import { LRUCache } from 'lru-cache'

const images = new LRUCache({ maxSize: 160 * 1024 * 1024, sizeCalculation: (image) => image.length })

createServer((request, response) => {
  let image = images.get(request.url)
  if (!image) {
    image = Buffer.alloc(100_000, request.url)
    images.set(request.url, image)
  }
  response.end(image.subarray(0, 100))
}).listen(process.env.PORT, '127.0.0.1')
