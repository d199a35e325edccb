import diagnostics from 'node:diagnostics_channel'
import type { CacheHandle, CacheReport } from '@plimsoll/core/wire'
import { cacheClosedChannel, cacheOpenedChannel } from '@plimsoll/core/wire/channels'
import type { Guard } from '../../guard.ts'

/** More caches than this in one process are counted no further. */
const MAX_CACHES = 200

export interface BudgetedBytes {
  heap: number
  offHeap: number
}

/** Every cache that announces itself. A handle is held strongly until it is taken back: it was published to be held. */
export class CachesSource {
  readonly #handles = new Set<CacheHandle>()
  readonly #opened: (message: unknown) => void
  readonly #closed: (message: unknown) => void
  readonly #guard: Guard

  constructor(guard: Guard) {
    this.#guard = guard
    this.#opened = guard('cache opened', (message: unknown) => {
      if (isCacheHandle(message) && this.#handles.size < MAX_CACHES) this.#handles.add(message)
    })
    this.#closed = guard('cache closed', (message: unknown) => void this.#handles.delete(message as CacheHandle))
    diagnostics.subscribe(cacheOpenedChannel, this.#opened)
    diagnostics.subscribe(cacheClosedChannel, this.#closed)
  }

  read(): CacheReport[] {
    const reports: CacheReport[] = []
    const take = this.#guard('cache report', (handle: CacheHandle) => void reports.push(handle.report()))
    for (const handle of this.#handles) take(handle)
    return reports
  }

  /** What caches with a budget hold by their own count, on the heap and outside of it: it hides nothing that grows in the other. */
  budgetedBytes(): BudgetedBytes {
    const budgeted = { heap: 0, offHeap: 0 }
    for (const { bytes, budgetBytes, offHeapBytes = 0 } of this.read()) {
      if (budgetBytes === null || bytes === null) continue
      budgeted.heap += Math.max(0, bytes - offHeapBytes)
      budgeted.offHeap += offHeapBytes
    }
    return budgeted
  }

  /** Objects whose insides {@link budgetedBytes} accounts for. */
  budgetedKeepers(): object[] {
    const keepers: object[] = []
    const take = this.#guard('cache report', (handle: CacheHandle) => {
      if (handle.keeper && handle.report().budgetBytes !== null) keepers.push(handle.keeper)
    })
    for (const handle of this.#handles) take(handle)
    return keepers
  }

  find(name: string): readonly CacheHandle[] {
    return [...this.#handles].filter((handle) => handle.name === name)
  }

  get all(): readonly CacheHandle[] {
    return [...this.#handles]
  }

  stop(): void {
    diagnostics.unsubscribe(cacheOpenedChannel, this.#opened)
    diagnostics.unsubscribe(cacheClosedChannel, this.#closed)
  }
}

function isCacheHandle(message: unknown): message is CacheHandle {
  const handle = message as Partial<CacheHandle> | null
  return typeof handle?.name === 'string' && typeof handle.report === 'function' && typeof handle.clear === 'function'
}
