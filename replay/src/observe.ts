import { readFileSync } from 'node:fs'
import type { ShopPart } from '@plimsoll/demo'

/** A worker as it is seen from outside. */
export interface SeenWorker {
  name: string
  pid: number
  rssBytes: number
}

/** Looks at the shop's workers once a second, in the same way in every arm: who is there, how big, who came and went. */
export class WorkerWatch {
  readonly #shop: ShopPart
  #workers: SeenWorker[] = []
  #known = new Map<number, string>()
  #gone: { name: string; pid: number }[] = []

  constructor(shop: ShopPart) {
    this.#shop = shop
  }

  /** The latest look. */
  get workers(): readonly SeenWorker[] {
    return this.#workers
  }

  /** Workers that are not there any more, in the order in which they went. */
  get gone(): readonly { name: string; pid: number }[] {
    return this.#gone
  }

  async look(): Promise<void> {
    const status = await this.#shop.control.status()
    this.#workers = status.workers.flatMap(({ slot, pid }) => {
      const rssBytes = residentBytes(pid)
      return rssBytes === null ? [] : [{ name: `web-${slot}`, pid, rssBytes }]
    })
    const pids = new Set(this.#workers.map(({ pid }) => pid))
    for (const [pid, name] of this.#known) {
      if (pids.has(pid) || residentBytes(pid) !== null) continue
      this.#known.delete(pid)
      this.#gone.push({ name, pid })
    }
    for (const { pid, name } of this.#workers) this.#known.set(pid, name)
  }
}

/** Resident bytes as the kernel counts them; null for a process that is gone. */
function residentBytes(pid: number): number | null {
  try {
    const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
    return match ? Number(match[1]) * 1024 : null
  } catch {
    return null
  }
}
