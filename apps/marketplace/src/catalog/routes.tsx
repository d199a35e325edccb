import type { FastifyInstance } from 'fastify'
import type { ShopContext } from '../context.ts'
import { serveSharedPage } from '../http/answer.ts'
import { NotFoundError } from '../http/errors.ts'
import { parseId } from '../http/guard.ts'
import { HomePage } from './home.tsx'
import { ProductPage } from './product.tsx'

export function catalogRoutes(app: FastifyInstance, context: ShopContext): void {
  const { catalogue } = context

  app.get('/', (request, reply) => {
    serveSharedPage(context, request, reply, {
      key: '/',
      tags: ['catalogue'],
      render: async () => {
        const [all, popular] = await Promise.all([catalogue.categories(), catalogue.popular()])
        return <HomePage categories={all} popular={popular} />
      },
    })
  })

  app.get<{ Params: { id: string } }>('/p/:id', (request, reply) => {
    const id = parseId(request.params.id)
    if (id === null) throw new NotFoundError('listing')
    serveSharedPage(context, request, reply, {
      key: `/p/${id}`,
      tags: [`listing:${id}`],
      render: async () => {
        const listing = await catalogue.find(id)
        if (listing === null || listing.isHidden) throw new NotFoundError('listing')
        return <ProductPage listing={listing} related={await catalogue.related(listing)} />
      },
    })
  })
}
