import type { KeeperFacts } from '../probe/probe-protocol.ts'
import type { Holder } from './holders.ts'

/** Of what grew in a cache's own collections, the part that its account must have grown by to be believed. */
const MIN_ACCOUNTED_SHARE = 0.5

/**
 * Caches by their object's id that bound what grew in them: they have room left, and what they say they hold has grown with what
 * the heap says they hold.
 */
export function readAccounts(
  holders: readonly Holder[],
  before: readonly KeeperFacts[],
  after: readonly KeeperFacts[],
): Map<string, KeeperFacts> {
  const then = new Map(before.map(({ objectId, bytes }) => [objectId, bytes]))
  return new Map(
    after.flatMap((keeper) => {
      const { objectId, bytes, budgetBytes } = keeper
      const netBytes = holders.reduce((sum, holder) => sum + (holder.keeperId === objectId ? holder.netBytes : 0), 0)
      const isBound = bytes <= budgetBytes && bytes - (then.get(objectId) ?? 0) >= MIN_ACCOUNTED_SHARE * netBytes
      return isBound ? [[objectId, keeper] as const] : []
    }),
  )
}
