import { createHook } from 'node:async_hooks'

import { isOwn, readStack } from './frame.ts'
import type { WaitSite } from './probe-protocol.ts'

/** Watches for how long the service waits, and where. */
export interface WaitWatch {
  stop(): WaitSite[]
}

/** Under way at once; more are not looked at. */
const MAX_OPEN = 20_000
const MAX_SITES = 2000
/** Turns of the event loop and of the microtask queue: nobody waits for those. */
const passing = new Set(['TickObject', 'Immediate', 'Microtask'])

/**
 * Times every asynchronous operation the service's own code begins, from the call to its answer: a promise until it is settled, a
 * timer or a request to the system until it calls back. Costs some microseconds for each, so it runs for moments only.
 */
export function watchWaits(): WaitWatch {
  const sites = new Map<string, WaitSite>()
  const open = new Map<number, { site: WaitSite; beganMs: number }>()
  let isReading = false
  const end = (asyncId: number): void => {
    const waiting = open.get(asyncId)
    if (!waiting) return
    open.delete(asyncId)
    waiting.site.waitMs += performance.now() - waiting.beganMs
    waiting.site.count++
  }
  const hook = createHook({
    init: function begin(asyncId: number, type: string): void {
      if (isReading || open.size >= MAX_OPEN || passing.has(type)) return
      isReading = true
      try {
        const stack = readStack(begin).filter(isOwn)
        if (stack.length === 0) return
        const key = `${type} ${stack.map(({ script, line, column }) => `${script}:${line}:${column}`).join(' ')}`
        let site = sites.get(key)
        if (!site) {
          if (sites.size >= MAX_SITES) return
          sites.set(key, (site = { stack, type, waitMs: 0, count: 0 }))
        }
        open.set(asyncId, { site, beganMs: performance.now() })
      } catch {
        // The service's own work goes on, watched or not.
      } finally {
        isReading = false
      }
    },
    before: end,
    promiseResolve: end,
    destroy: (asyncId) => void open.delete(asyncId),
  })
  hook.enable()
  return {
    stop() {
      hook.disable()
      return [...sites.values()].filter(({ count }) => count > 0).sort((left, right) => right.waitMs - left.waitMs)
    },
  }
}
