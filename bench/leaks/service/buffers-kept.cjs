// Thumbnails by address; the buffers live outside of the heap.
const http = require('http')

const thumbnails = new Map()

http
  .createServer((request, response) => {
    const image = Buffer.alloc(32 * 1024, request.url)
    thumbnails.set(request.url, image)
    response.end(image.subarray(0, 100))
  })
  .listen(process.env.PORT, '127.0.0.1')
