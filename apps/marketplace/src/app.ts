import { parse } from 'node:querystring'
import { KiB } from '@plimsoll/core'
import fastify, { LogController, type FastifyInstance } from 'fastify'
import { accountRoutes } from './account/routes.tsx'
import { cartRoutes } from './cart/routes.tsx'
import { catalogRoutes } from './catalog/routes.tsx'
import { pictureRoutes } from './catalog/picture/routes.ts'
import { checkoutRoutes } from './checkout/routes.tsx'
import type { ShopContext } from './context.ts'
import { assetRoutes } from './design/assets.ts'
import { healthRoutes } from './health.ts'
import { ForbiddenError } from './http/errors.ts'
import { answerErrors, sendErrorPage } from './http/error-page.tsx'
import { isFromOurPages } from './http/guard.ts'
import { orderRoutes } from './order/routes.tsx'
import { searchRoutes } from './search/routes.tsx'
import { sellerRoutes } from './seller/routes.tsx'
import type { Visit } from './visit.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks. Read before every page; the error page alone may meet a request whose visitor could not be read. */
    visit: Visit
  }
}

/** The largest form, a listing with its description, is 5 KiB; percent-encoding may treble it. */
const BODY_LIMIT_BYTES = 64 * KiB
const MAX_FORM_FIELDS = 200

/** The shop as a server that does not listen yet. */
export function createApp(context: ShopContext): FastifyInstance {
  const app = fastify({
    keepAliveTimeout: 72_000,
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: false,
    logger: false,
    // An address that cannot be decoded never gets as far as a route.
    frameworkErrors: (error, request, reply) => void sendErrorPage(context, error, request, reply),
    logController: new LogController({ disableRequestLogging: true }),
  })
  app.decorateRequest('visit', null as unknown as Visit)
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.header('x-served-by', context.workerName)
    done()
  })
  // Forms and nothing else: whatever comes in is text, or a list of texts.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, parse(String(body), '&', '=', { maxKeys: MAX_FORM_FIELDS }))
  })
  answerErrors(app, context)
  healthRoutes(app, context)
  assetRoutes(app)
  pictureRoutes(app, context)
  void app.register((pages, _options, done) => {
    greetVisitors(pages, context)
    refuseForgeries(pages, context)
    catalogRoutes(pages, context)
    searchRoutes(pages, context)
    cartRoutes(pages, context)
    checkoutRoutes(pages, context)
    orderRoutes(pages, context)
    accountRoutes(pages, context)
    sellerRoutes(pages, context)
    done()
  })
  return app
}

/** Reads who asks, before anything else; a newcomer takes a cookie home. In callback style: a promise per request costs. */
function greetVisitors(pages: FastifyInstance, { visits }: ShopContext): void {
  pages.addHook('onRequest', (request, reply, done) => {
    const greet = (visit: Visit) => {
      request.visit = visit
      if (visit.isNew) void reply.header('set-cookie', visits.sessionCookie(visit))
      done()
    }
    const visit = visits.read(request.headers.cookie)
    if (visit instanceof Promise) visit.then(greet, done)
    else greet(visit)
  })
}

/** Whatever changes something must come from a form of ours: by the browser's word and by the token in it. */
function refuseForgeries(pages: FastifyInstance, { visits }: ShopContext): void {
  pages.addHook('preHandler', (request, _reply, done) => {
    if (request.method !== 'POST') return done()
    const token = (request.body as { csrf?: unknown } | undefined)?.csrf
    const isOurs = isFromOurPages(request.headers) && visits.isCsrfToken(request.visit, token)
    done(isOurs ? undefined : new ForbiddenError())
  })
}
