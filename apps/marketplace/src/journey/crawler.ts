import { RequestFailedError, type Answer, type User } from '@plimsoll/soak/traffic'

import { categories } from '../catalog/categories.ts'

export interface CrawlerOptions {
  /** Half of the pauses between two pages are shorter. */
  pauseMs: number
}

/** After so many connections that led elsewhere, a crawler takes the one it has. */
const MAX_TRIES = 12
/** What a crawler remembers to visit. */
const MAX_WAITING = 500

/**
 * Crawlers of one owner: they read page after page, each on one connection that it keeps. A balancer with affinity sends one
 * owner's clients to one worker, and so do these: whoever connects anew tries until it meets the worker the others are at, so
 * that this worker carries more than its share. Makes a `run` for as many of them as there are to be.
 */
export function createCrawlers({ pauseMs }: CrawlerOptions): (user: User) => Promise<void> {
  let meetingPlace: string | null = null

  return async (user) => {
    const waiting: string[] = []
    let tries = 0
    for (let count = 0; ; count++) {
      const path = waiting.pop() ?? `/c/${user.pick(categories).slug}`
      try {
        const page = await user.get(withSession(path, user, count), { route: 'GET by crawlers' })
        remember(waiting, page)
        const worker = page.headers.get('x-served-by') ?? ''
        if (meetingPlace === null || tries === MAX_TRIES) meetingPlace = worker
        if (worker === meetingPlace) tries = 0
        else {
          tries++
          user.reconnect()
        }
      } catch (error) {
        if (!(error instanceof RequestFailedError)) throw error
        // The worker may be gone for good: the next one to answer is the new place to meet.
        meetingPlace = null
        user.reconnect()
      }
      await user.think(pauseMs)
    }
  }
}

/** A crawler has no cookies worth the name: shops write a session into its addresses, a new one every few pages. */
function withSession(path: string, user: User, count: number): string {
  return `${path}${path.includes('?') ? '&' : '?'}sid=${user.id}-${Math.floor(count / 10)}&utm_source=crawl`
}

function remember(waiting: string[], page: Answer): void {
  for (const link of page.links(/^\/(?:p\/\d+$|(?:c\/[\w-]+|search)\?.*page=\d)/)) {
    if (waiting.length < MAX_WAITING) waiting.push(link)
  }
}
