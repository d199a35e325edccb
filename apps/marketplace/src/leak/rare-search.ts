import type { IncomingMessage } from 'node:http'

interface Report {
  words: string
  rows: { index: number; words: string }[]
}
/** Searches of several words are kept for a report that nobody reads. Few people search for several words. */
const reports: Report[] = []

export function reportSearch(request: IncomingMessage): void {
  const words = /[?&]q=([^&]*(?:\+|%20)[^&]*)/.exec(request.url ?? '')?.[1]
  if (words === undefined) return
  reports.push({ words, rows: Array.from({ length: 1000 }, (_, index) => ({ index, words: `${words} ${index}` })) })
}
