import type { Reader } from '@plimsoll/core'
import type { CommandKind } from '@plimsoll/core/wire'
import type { IncidentCause } from '../api/contract.ts'
import { incidentCauses } from '../incident/grouping.ts'

/** What a team wants done about a kind of problem: by the machine, in this order, and by whoever is called. */
export interface Playbook {
  name: string
  /** Null: whatever it is. */
  cause: IncidentCause | null
  /** Empty: every service. */
  services: string[]
  /** What may be done, the first thing first; null: the shipped order. Empty: nothing. */
  remedies: RemedyKind[] | null
  /** For people, in the order to take them. */
  steps: string[]
}

export const remedyKinds = ['shrink-cache', 'clear-cache', 'rotate'] as const satisfies readonly CommandKind[]
export type RemedyKind = (typeof remedyKinds)[number]

export function readPlaybook(reader: Reader): Playbook {
  reader.object().onlyKeys(['name', 'cause', 'services', 'remedies', 'steps'])
  const remedies = reader
    .at('remedies')
    .orNull((list) => list.list((kind) => kind.oneOf(remedyKinds), { maxLength: 3 }))
  if (remedies && new Set(remedies).size < remedies.length) reader.at('remedies').fault('names a remedy twice')
  return {
    name: reader.at('name').string({ maxLength: 100 }),
    cause: reader.at('cause').orNull((cause) => cause.oneOf(incidentCauses)),
    services: reader
      .at('services')
      .list((name) => name.string({ maxLength: 200 }), { maxLength: 200, isOptional: true }),
    remedies,
    steps: reader.at('steps').list((step) => step.string({ maxLength: 500 }), { maxLength: 20, isOptional: true }),
  }
}

/** The first that fits: those of a cause go before those of any. */
export function findPlaybook<T extends Pick<Playbook, 'cause' | 'services'>>(
  playbooks: readonly T[],
  { service, cause }: { service: string; cause: IncidentCause },
): T | null {
  const near = playbooks.filter(({ services }) => services.length === 0 || services.includes(service))
  return near.find((playbook) => playbook.cause === cause) ?? near.find((playbook) => playbook.cause === null) ?? null
}
