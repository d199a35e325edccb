// Of each upload only its first bytes are kept, to tell its kind later: sixteen bytes, and the whole upload behind them.
import { createServer } from 'node:http'
import getRawBody from 'raw-body'

const kinds = new Map()
let count = 0

createServer(async (request, response) => {
  const body = await getRawBody(request, { limit: '2mb' })
  kinds.set(`upload-${++count}`, body.subarray(0, 16))
  response.end(String(body.length))
}).listen(process.env.PORT, '127.0.0.1')
