import type { Culprit } from '@plimsoll/core/wire'

/** Exactly one of `path` (prefix), `cache` and `package` is set. */
export interface OwnershipRule {
  path: string | null
  cache: string | null
  package: string | null
  team: string
}

export interface Ownership {
  team: string
  /** `owns src/catalog/` */
  because: string
}

/** Who owns what holds on: its cache's owner, else its package's, else that of the longest path prefix. */
export function findOwner(rules: readonly OwnershipRule[], culprit: Culprit, cache: string | null): Ownership | null {
  const byCache = rules.find((rule) => rule.cache !== null && rule.cache === cache)
  if (byCache) return { team: byCache.team, because: `owns the cache ${byCache.cache}` }
  const byPackage = rules.find((rule) => rule.package !== null && rule.package === culprit.package)
  if (byPackage) return { team: byPackage.team, because: `owns the package ${byPackage.package}` }
  const byPath = rules
    .filter((rule) => rule.path !== null && culprit.file.startsWith(rule.path))
    .sort((one, other) => other.path!.length - one.path!.length)[0]
  return byPath ? { team: byPath.team, because: `owns ${byPath.path}` } : null
}
