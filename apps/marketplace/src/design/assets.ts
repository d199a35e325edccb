import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'

function read(name: string): Buffer {
  return readFileSync(new URL(`../../assets/${name}`, import.meta.url))
}

const stylesheet = read('shop.css')
const stylesheetGz = gzipSync(stylesheet, { level: 9 })

/** Named by its content, so that it may be kept for a year and still changes with the next version of the shop. */
export const stylesheetPath = `/assets/shop.${createHash('sha256').update(stylesheet).digest('hex').slice(0, 10)}.css`

const yearLong = 'public, max-age=31536000, immutable'
const dayLong = 'public, max-age=86400'

export function assetRoutes(app: FastifyInstance): void {
  app.get(stylesheetPath, (request, reply) => {
    void reply.headers({
      'content-type': 'text/css; charset=utf-8',
      'cache-control': yearLong,
      vary: 'accept-encoding',
    })
    if (!String(request.headers['accept-encoding']).includes('gzip')) return reply.send(stylesheet)
    return reply.header('content-encoding', 'gzip').send(stylesheetGz)
  })
  for (const [path, file] of [
    ['/favicon.svg', read('favicon.svg')],
    ['/assets/tide.svg', read('tide.svg')],
  ] as const) {
    app.get(path, (_request, reply) =>
      reply.headers({ 'content-type': 'image/svg+xml', 'cache-control': dayLong }).send(file),
    )
  }
  app.get('/robots.txt', (_request, reply) =>
    reply
      .headers({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': dayLong })
      .send(
        'User-agent: *\nDisallow: /cart\nDisallow: /checkout\nDisallow: /orders\nDisallow: /account\nDisallow: /sell\n',
      ),
  )
}
