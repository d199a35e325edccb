// Uploads are held in memory until they have been looked at, four seconds later.
const express = require('express')
const multer = require('multer')

const app = express()
const upload = multer({ storage: multer.memoryStorage() })
app.post('/upload', upload.none(), express.raw({ type: () => true, limit: '2mb' }), (request, response) => {
  const held = request.body
  setTimeout(() => response.send(String(held.length)), 4000)
})
app.listen(process.env.PORT, '127.0.0.1')
