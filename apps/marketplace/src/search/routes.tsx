import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { categories } from '../catalog/categories.ts'
import type { ShopContext } from '../context.ts'
import { NotFoundError, TooManyRequestsError } from '../http/errors.ts'
import { serveSharedPage } from '../http/answer.ts'
import { parseSearchQuery, searchPath } from './query.ts'
import { ResultsPage } from './results.tsx'

export function searchRoutes(app: FastifyInstance, context: ShopContext): void {
  const serve = (request: FastifyRequest, reply: FastifyReply, categorySlug?: string) => {
    const query = parseSearchQuery(request.query, categorySlug)
    const category = categories.find(({ slug }) => slug === query.categorySlug)
    serveSharedPage(context, request, reply, {
      key: searchPath(query),
      tags: ['catalogue'],
      render: async () => (
        <ResultsPage
          query={query}
          result={await context.catalogue.search(query)}
          categoryName={category?.name ?? null}
        />
      ),
    })
  }

  app.get('/search', (request, reply) => {
    if (!context.rateLimit.take('search', request.ip)) throw new TooManyRequestsError('searches')
    serve(request, reply)
  })

  app.get<{ Params: { category: string } }>('/c/:category', (request, reply) => {
    if (!categories.some(({ slug }) => slug === request.params.category)) throw new NotFoundError('department')
    serve(request, reply, request.params.category)
  })
}
