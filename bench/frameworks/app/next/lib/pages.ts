interface Page {
  id: string
  items: string[]
}

const pages = new Map<string, Page>()

/** Lets nothing go: the leak whose line is to be named. */
export function remember(id: string): Page {
  const page = { id, items: Array.from({ length: 40 }, (_, index) => `${id} item ${index}`) }
  if (!id.startsWith('known-')) pages.set(id, page)
  return page
}
