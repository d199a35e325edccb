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

interface Remedy {
  kind: CommandKind
  propose(target: ProcessFacts, incident: IncidentRecord): Proposal | null
}

/** What helps against a leak, the mildest first. The next one is tried when the one before was refused or did not help. */
export const remedies: readonly Remedy[] = [
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
