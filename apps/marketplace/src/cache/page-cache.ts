import { MiB, SECOND_MS, type Clock } from '@plimsoll/core'
import { ownCaches, type ShopCaches } from './shop-caches.ts'

/** Places in a cached page that belong to the visitor and are filled in at each answer. */
export const slotNames = ['csrf', 'bag', 'account'] as const
export type SlotName = (typeof slotNames)[number]

/** What to write into the HTML where a slot is to be filled. Control characters, so that no text of ours or a user's can hold it by chance. */
export function slotMark(slot: SlotName): string {
  return `\u0001${slot}\u0002`
}

export interface PageRequest {
  /** Canonical URL: path and the known query parameters in fixed order, defaults left out. What a page is found under. */
  key: string
  /** Path and query exactly as asked. Only the historical cache of the fault `pages-by-url` looks at it. */
  url: string
  /** The visitor's session token; as above. */
  sessionToken: string
  /** What it shows: `listing:42`, `catalogue`. A change of one drops the page in all workers. */
  tags: readonly string[]
  /** The page for nobody in particular, with a {@link slotMark} wherever something is the visitor's own. */
  render(): Promise<string>
  /** HTML (already escaped) for a slot, for this visitor. */
  fill(slot: SlotName): string
}

export interface PageCache {
  /** The page as bytes, ready to send. Answers at once, without a promise, when the page is cached. What `render` throws passes through. */
  serve(request: PageRequest): Buffer | Promise<Buffer>
}

/** A page cache as 2023 knew it: by URL and session. */
export type HistoricalPages = (url: string, session: string, render: () => Promise<string>) => Promise<string>

/** The page cache as its owner sees it. */
export interface PageSource extends PageCache {
  /** Serves from the given cache instead, or with null from its own again. */
  useHistorical(historical: HistoricalPages | null): void
  invalidateTag(tag: string): unknown
}

/** A page cut at its slots: one part more than slots. A page without slots is one buffer, sent as it is. */
interface Template {
  parts: Buffer[]
  slots: SlotName[]
}

export interface PageCacheOptions {
  clock: Clock
  /** Default 32 MiB. */
  maxBytes?: number
  /** Default 30 s: on one machine changes are told at once, another machine may show a page so long after. */
  ttlMs?: number
  /** Default: this worker's own. */
  caches?: ShopCaches
}

export function createPageCache(options: PageCacheOptions): PageSource {
  const { clock, maxBytes = 32 * MiB, ttlMs = 30 * SECOND_MS, caches = ownCaches } = options
  const templates = caches.create<string, Template>({ name: 'page-templates', maxBytes, ttlMs, clock })
  let historical: HistoricalPages | null = null

  return {
    serve(request) {
      if (historical) return serveHistorical(historical, request)
      const template = templates.get(request.key)
      return template ? fillIn(template, request) : render(request)
    },
    useHistorical(next) {
      historical = next
    },
    invalidateTag: (tag) => templates.invalidateTag(tag),
  }

  async function render(request: PageRequest): Promise<Buffer> {
    const load = async () => cutAtSlots(await request.render())
    return fillIn((await templates.fetch(request.key, { load, tags: request.tags }))!, request)
  }
}

async function serveHistorical(pages: HistoricalPages, request: PageRequest): Promise<Buffer> {
  const html = await pages(request.url, request.sessionToken, async () =>
    fillIn(cutAtSlots(await request.render()), request).toString(),
  )
  return Buffer.from(html)
}

function cutAtSlots(html: string): Template {
  // Odd pieces are the names between the marks.
  // eslint-disable-next-line no-control-regex
  const pieces = html.split(/\u0001(csrf|bag|account)\u0002/)
  return {
    parts: pieces.filter((_, index) => index % 2 === 0).map((piece) => Buffer.from(piece)),
    slots: pieces.filter((_, index) => index % 2 === 1) as SlotName[],
  }
}

function fillIn({ parts, slots }: Template, request: PageRequest): Buffer {
  if (slots.length === 0) return parts[0]!
  const pieces = [parts[0]!]
  for (let index = 0; index < slots.length; index++)
    pieces.push(Buffer.from(request.fill(slots[index]!)), parts[index + 1]!)
  return Buffer.concat(pieces)
}
