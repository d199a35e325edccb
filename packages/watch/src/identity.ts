import { nextBelow, type Random } from '@plimsoll/core'
import type { Identity } from '@plimsoll/core/wire'
import type { ResolvedWatchOptions } from './options.ts'

/** What the machine says of the process. */
export interface ProcessFacts {
  pid: number
  host: string
  nodeVersion: string
  startedAtMs: number
  workingDirectory: string
  /** Name and version in the working directory's package.json, when there is one. */
  packageName: string | null
  packageVersion: string | null
  /** The cluster's number of this worker; null outside a cluster. */
  clusterWorkerId: number | null
}

/** Who we are for as long as the process lives. The role may still become `primary`. */
export function createIdentity(options: ResolvedWatchOptions, facts: ProcessFacts, random: Random): Identity {
  const service = options.service ?? facts.packageName ?? lastPart(facts.workingDirectory)
  const isWorker = facts.clusterWorkerId !== null
  const name = options.name ?? (isWorker ? `${service}-${facts.clusterWorkerId}` : service)
  const suffix = Array.from({ length: 4 }, () => nextBelow(random, 36).toString(36)).join('')
  return {
    service: service.slice(0, 150),
    instance: `${name.slice(0, 150)}#${facts.pid}-${suffix}`,
    name: name.slice(0, 150),
    host: facts.host.slice(0, 200),
    pid: facts.pid,
    role: isWorker ? 'worker' : 'process',
    controller: isWorker ? options.controller : null,
    startedAtMs: facts.startedAtMs,
    nodeVersion: facts.nodeVersion,
    serviceVersion: options.serviceVersion ?? facts.packageVersion,
  }
}

function lastPart(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? 'service'
}
