import cluster, { type ClusterSettings, type Worker } from 'node:cluster'
import { syncBuiltinESMExports } from 'node:module'
import { onWorkerMessage, type WorkerMessage } from './private-channel.ts'
import type { Rotatable } from './rotation.ts'

/** A worker, and how to fork another one like it. */
export interface FleetWorker extends Rotatable {
  instance: string | null
  name: string
  drainSentence: string | null
  isInAutopsy: boolean
  /** It asked to be replaced, and that is under way. */
  isAskedFor: boolean
  readonly addresses: Set<string>
  /** What `cluster.setupPrimary` held at that moment. */
  readonly settings: ClusterSettings
}

/** The workers of this primary, kept from the first fork on. Costs nothing until then. */
export interface Fleet {
  readonly workers: ReadonlyMap<number, FleetWorker>
  /** Forks another one with the same environment, settings and name. */
  forkLike(other: FleetWorker): FleetWorker
}

export interface FleetEvents {
  /** Environment for every worker, below the app's own. */
  workerEnvironment: Readonly<Record<string, string>>
  onFork(): void
  onMessage(worker: FleetWorker, message: WorkerMessage): void
  onListening(worker: FleetWorker): void
  onExit(worker: FleetWorker, code: number | null, signal: NodeJS.Signals | null): void
}

const forkEnvironments = new WeakMap<Worker, Readonly<Record<string, unknown>>>()

/** The environment a worker of this primary was forked with: with it, another one can take its place. */
export function forkEnvironmentOf(worker: Worker): Readonly<Record<string, unknown>> {
  return forkEnvironments.get(worker) ?? {}
}

/**
 * Listens in on `cluster.fork`: only there does one learn what environment the app gives each of its workers, and without that no
 * other could be forked in a worker's place.
 */
export function observeForks(events: FleetEvents): Fleet {
  const workers = new Map<number, FleetWorker>()
  const fork = cluster.fork
  let likeWhom: FleetWorker | null = null
  cluster.fork = function forkUnderWatch(this: typeof cluster, environment?: Record<string, unknown>): Worker {
    const worker = fork.call(this, { ...events.workerEnvironment, ...environment })
    const record: FleetWorker = {
      worker,
      instance: null,
      name: likeWhom?.name ?? `worker ${worker.id}`,
      drainSentence: null,
      isInAutopsy: false,
      isAskedFor: false,
      addresses: new Set(),
      settings: { ...cluster.settings },
    }
    workers.set(worker.id, record)
    forkEnvironments.set(worker, { ...environment })
    onWorkerMessage(worker, (message) => events.onMessage(record, message))
    worker.on('listening', (address) => {
      record.addresses.add(`${address.addressType} ${address.address}:${address.port}`)
      events.onListening(record)
    })
    worker.on('exit', (code: number | null, signal: NodeJS.Signals | null) => {
      workers.delete(worker.id)
      events.onExit(record, code, signal)
    })
    events.onFork()
    return worker
  }
  // So that `import { fork } from 'node:cluster'` gets this one too.
  syncBuiltinESMExports()

  return {
    workers,
    forkLike(other) {
      const settings = { ...cluster.settings }
      const hasMovedOn = JSON.stringify(settings) !== JSON.stringify(other.settings)
      likeWhom = other
      if (hasMovedOn) cluster.setupPrimary(other.settings)
      try {
        const name = other.instance === null ? {} : { PLIMSOLL_NAME: other.name }
        return workers.get(cluster.fork({ ...forkEnvironmentOf(other.worker), ...name }).id)!
      } finally {
        likeWhom = null
        if (hasMovedOn) cluster.setupPrimary(settings)
      }
    },
  }
}
