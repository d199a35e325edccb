import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ShopContext } from '../../context.ts'
import { isKnown, tagOf } from '../../http/answer.ts'
import { NotFoundError } from '../../http/errors.ts'
import { parseId } from '../../http/guard.ts'
import { categories } from '../categories.ts'
import { drawPicture } from './picture.ts'

export function pictureRoutes(app: FastifyInstance, { catalogue }: ShopContext): void {
  app.get<{ Params: { id: string } }>('/img/:id.svg', async (request, reply) => {
    const id = parseId(request.params.id)
    const listing = id === null ? null : await catalogue.find(id)
    if (listing === null) throw new NotFoundError('picture')
    return sendPicture(request, reply, drawPicture(listing))
  })

  app.get<{ Params: { slug: string } }>('/img/c/:slug.svg', (request, reply) => {
    const index = categories.findIndex(({ slug }) => slug === request.params.slug)
    const category = categories[index]
    if (category === undefined) throw new NotFoundError('picture')
    const title = category.kinds[0]!.slug.replaceAll('-', ' ')
    return sendPicture(request, reply, drawPicture({ id: index, title, categorySlug: category.slug }))
  })
}

/** A picture changes only with its listing's title: kept for an hour, then asked for by its tag. */
function sendPicture(request: FastifyRequest, reply: FastifyReply, picture: string): FastifyReply {
  const body = Buffer.from(picture)
  const etag = tagOf(body)
  void reply.headers({
    'content-type': 'image/svg+xml',
    'cache-control': 'public, max-age=3600',
    'content-security-policy': "default-src 'none'",
    'x-content-type-options': 'nosniff',
    etag,
  })
  return isKnown(request, etag) ? reply.code(304).send() : reply.send(body)
}
