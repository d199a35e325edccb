import { formatBytes } from '@plimsoll/core'
import type { CommandKind } from '@plimsoll/core/wire'
import type { IncidentRecord } from '../incident/incident.ts'
import type { ProcessFacts } from '../rule/facts.ts'

/** One action on one process, before anybody has allowed it. */
export interface Proposal {
  kind: CommandKind
  cache: string | null
  toBytes: number | null
  /** `clear the cache pages of web-2` */
  what: string
}

export interface Remedy {
  kind: CommandKind
  propose(target: ProcessFacts, incident: IncidentRecord): Proposal | null
}

/** Half of a cache that holds less of its process than this is too little for its effect to be told from noise. */
const MIN_SHRINK_SHARE = 0.3

/** What helps against a leak, the mildest first. The next one is tried when the one before was refused or did not help. */
export const remedies: readonly Remedy[] = [
  {
    // Half of what it holds, or its budget: what is hot stays. A cache that can't be shrunk refuses, and is cleared.
    kind: 'shrink-cache',
    propose(target, { culprit }) {
      const cache = target.caches.find(({ name }) => name === culprit?.cache)
      if (!cache || cache.bytes === null || cache.bytes < MIN_SHRINK_SHARE * (target.depthBytes ?? Infinity))
        return null
      const toBytes = Math.round(Math.min(cache.budgetBytes ?? Infinity, cache.bytes / 2))
      const what = `shrink the cache ${cache.name} of ${target.identity.name} to ${formatBytes(toBytes)}`
      return { kind: 'shrink-cache', cache: cache.name, toBytes, what }
    },
  },
  {
    kind: 'clear-cache',
    propose(target, { culprit }) {
      const cache = target.caches.find(({ name }) => name === culprit?.cache)
      if (!cache) return null
      const what = `clear the cache ${cache.name} of ${target.identity.name}`
      return { kind: 'clear-cache', cache: cache.name, toBytes: null, what }
    },
  },
  {
    kind: 'rotate',
    propose: (target) => ({ kind: 'rotate', cache: null, toBytes: null, what: `replace ${target.identity.name}` }),
  },
]
