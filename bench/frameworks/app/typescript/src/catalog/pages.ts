/** Types and words that a compiler takes out, so that lines move. */
export interface Page {
  readonly id: string
  readonly items: readonly string[]
}

type PageById = Map<string, Page>

class PageStore {
  readonly #pages: PageById = new Map()

  /** Lets nothing go: the leak whose line is to be named. */
  remember(id: string): Page {
    const items = Array.from({ length: 40 }, (_, index): string => `${id} item ${index}`)
    const page: Page = { id, items }
    if (!id.startsWith('known-')) this.#pages.set(id, page)
    return page
  }
}

const store = new PageStore()

export function remember(id: string): Page {
  return store.remember(id)
}
