import type { FastifyInstance } from 'fastify'
import type { ShopContext } from './context.ts'

/** For whoever balances load: is this process there at all, and may it be given visitors? */
export function healthRoutes(app: FastifyInstance, context: ShopContext): void {
  const plain = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  app.get('/health/live', (_request, reply) => reply.headers(plain).send('live\n'))
  app.get('/health/ready', (_request, reply) =>
    context.isReady()
      ? reply.headers(plain).send('ready\n')
      : reply
          .code(503)
          .headers({ ...plain, 'retry-after': '1' })
          .send('not ready: starting or draining\n'),
  )
}
