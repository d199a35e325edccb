import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { messageOf } from '@plimsoll/core'
import { isDatabaseAway, isDatabaseBusy } from '@plimsoll/postgres'
import type { ShopContext } from '../context.ts'
import { Layout } from '../design/layout.tsx'
import { sendPage } from './answer.ts'
import { BadRequestError, NotFoundError, PageError } from './errors.ts'

/** Turns everything that is thrown below into a page with a heading, a sentence and a way on. */
export function answerErrors(app: FastifyInstance, context: ShopContext): void {
  app.setErrorHandler((thrown, request, reply) => sendErrorPage(context, thrown, request, reply))
  app.setNotFoundHandler((request, reply) => sendErrorPage(context, new NotFoundError('page'), request, reply))
}

export function sendErrorPage(
  context: ShopContext,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const error = toPageError(thrown)
  if (error.status >= 500) {
    context.log.error('request-failed', {
      requestId: request.id,
      route: request.routeOptions.url ?? null,
      status: error.status,
      error: messageOf(thrown),
      stack: (thrown instanceof Error && thrown.stack) || null,
    })
  }
  void reply.header('x-served-by', context.workerName)
  if (error.retryAfterSeconds !== null) void reply.header('retry-after', String(error.retryAfterSeconds))
  return sendPage(
    request,
    reply,
    <ErrorPage error={error} requestName={`${request.id} of ${context.workerName}`} />,
    error.status,
  )
}

function toPageError(thrown: unknown): PageError {
  if (thrown instanceof PageError) return thrown
  if (isDatabaseAway(thrown) || isDatabaseBusy(thrown)) {
    return new PageError(
      'SHOP_DATABASE_AWAY',
      503,
      'The shelves are out of reach for a moment',
      'Our database does not answer right now. Nothing of yours is lost: try again in a few seconds.',
      2,
    )
  }
  const { statusCode = 500 } = thrown as Partial<FastifyError>
  if (statusCode === 413) {
    return new PageError(
      'SHOP_TOO_LARGE',
      413,
      'That is more than this form takes',
      'Please shorten the longest text and send it again.',
    )
  }
  if (statusCode >= 400 && statusCode < 500) return new BadRequestError(statusCode)
  return new PageError(
    'SHOP_FAILED',
    500,
    'Something broke on our side',
    'It has been written down with the number below. If you were paying, look at your orders before you try again.',
  )
}

function ErrorPage({ error, requestName }: { error: PageError; requestName: string }) {
  return (
    <Layout title={error.heading}>
      <div class="nothing">
        <h1>{error.heading}</h1>
        <p>{error.message}</p>
        <p class="actions">
          <a class="button" href="/">
            To the market
          </a>
          {error.status === 500 && (
            <a class="button button-quiet" href="/orders">
              Your orders
            </a>
          )}
        </p>
        {error.status >= 500 && <p class="quiet">Request {requestName}</p>}
      </div>
    </Layout>
  )
}
