import type { CacheReport, Culprit } from '@plimsoll/core/wire'

/**
 * The registered cache that is the accused structure, or null. One that keeps to its budget is none: it lets go. Names are compared without case, separators and the word
 * "cache" (`pageCache`, `page-cache` and `pages` are one); else the only cache created in the accused file will do.
 */
export function matchCache(culprit: Culprit, caches: readonly CacheReport[]): string | null {
  const suspects = caches.filter(({ bytes, budgetBytes }) => budgetBytes === null || (bytes ?? 0) > budgetBytes)
  const variable = culprit.variable?.split(/[.[\]#]/).filter((part) => part !== '')
  const named = suspects.filter(({ name }) => variable?.some((part) => plain(part) === plain(name)))
  if (named.length === 1) return named[0]!.name
  const created = suspects.filter(
    ({ createdAt }) => createdAt !== null && createdAt.replace(/(:\d+)+$/, '') === culprit.file,
  )
  return created.length === 1 ? created[0]!.name : null
}

function plain(name: string): string {
  const letters = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  return letters.replace(/cache$/, '').replace(/s$/, '') || letters
}
