import { crc32 } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { JSX } from 'preact'
import { fillSlot, fillSlots, renderPage } from '../design/html.ts'
import type { ShopContext } from '../context.ts'

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

/** Of every HTML page. `private, no-cache`: the browser may keep it, for itself, and asks each time whether it still holds. */
export const pageHeaders = {
  ...securityHeaders,
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'private, no-cache',
}

/** A page that is this visitor's alone. */
export function sendPage(request: FastifyRequest, reply: FastifyReply, page: JSX.Element, status = 200): FastifyReply {
  return reply
    .code(status)
    .headers({ ...pageHeaders, 'cache-control': 'private, no-store' })
    .send(fillSlots(renderPage(page), request.visit))
}

export interface SharedPage {
  /** See `PageRequest.key`. */
  key: string
  tags: readonly string[]
  render(): Promise<JSX.Element>
}

/** A page that looks the same for all but its slots: comes from the page cache, at once when it is there. */
export function serveSharedPage(
  context: ShopContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { key, tags, render }: SharedPage,
): void {
  const { visit } = request
  const answer = context.pages.serve({
    key,
    url: request.raw.url!,
    sessionToken: visit.token,
    tags,
    render: async () => renderPage(await render()),
    fill: (slot) => fillSlot(visit, slot),
  })
  if (Buffer.isBuffer(answer)) sendTagged(request, reply, answer)
  else
    answer.then(
      (body) => sendTagged(request, reply, body),
      (error: unknown) => void reply.send(error),
    )
}

const pageHeaderList = Object.entries(pageHeaders).flat()

/**
 * Sends the page, or 304 when the browser has this very one: the tag covers the slots as well. Written past the framework,
 * with the headers as one flat list: this is the hottest path of the shop, and handling each header by name costs as much
 * as finding the page.
 */
function sendTagged(request: FastifyRequest, reply: FastifyReply, body: Buffer): void {
  const etag = tagOf(body)
  const headers = pageHeaderList.concat('etag', etag, 'x-served-by', reply.getHeader('x-served-by') as string)
  const cookie = reply.getHeader('set-cookie')
  if (cookie !== undefined) headers.push('set-cookie', cookie as string)
  reply.hijack()
  if (isKnown(request, etag)) {
    reply.raw.writeHead(304, headers).end()
  } else {
    headers.push('content-length', String(body.length))
    reply.raw.writeHead(200, headers).end(body)
  }
}

/** Weak, as a proxy may compress; length and CRC-32 of the bytes, which costs a microsecond for a page. */
export function tagOf(body: Buffer): string {
  return `W/"${body.length.toString(36)}-${crc32(body).toString(36)}"`
}

export function isKnown(request: FastifyRequest, etag: string): boolean {
  const known = request.headers['if-none-match']
  return known !== undefined && (known === etag || known.split(/,\s*/, 20).includes(etag))
}
