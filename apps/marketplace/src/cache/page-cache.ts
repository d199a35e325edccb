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
  /** What it shows: `listing:42`, `category:tools`, `catalogue`. A change of one drops the page in all workers. */
  tags: readonly string[]
  /** The page for nobody in particular, with a {@link slotMark} wherever something is the visitor's own. */
  render(): Promise<string>
  /** HTML (already escaped) for a slot, for this visitor. */
  fill(slot: SlotName): string
}

export interface PageCache {
  /** The page as bytes, ready to send. Answers at once, without a promise, when the page is cached; `null` from render → null. */
  serve(request: PageRequest): Buffer | Promise<Buffer>
}
