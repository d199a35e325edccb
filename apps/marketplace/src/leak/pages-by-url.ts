/**
 * The page cache of 10 May 2023, as it went live: a page is found under the URL exactly as it was asked for, query and all,
 * and under the session it was made for. Every crawler parameter and every visitor is a page of its own, and nothing ever
 * takes one out again.
 */
const pages = new Map<string, string>()

export async function pageByUrl(url: string, session: string, render: () => Promise<string>): Promise<string> {
  const key = `${url}#${session}`
  const known = pages.get(key)
  if (known !== undefined) return known
  const html = await render()
  pages.set(key, html)
  return html
}

/** What its owner would hand to whoever watches, had somebody asked; see `register-pages.ts`. */
export function clearPages(): void {
  pages.clear()
}
