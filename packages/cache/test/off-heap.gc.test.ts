import { MiB } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { createCache } from '../src/index.ts'

function held(): { heapBytes: number; arrayBytes: number } {
  // Twice: the memory of a buffer goes one collection after the buffer.
  globalThis.gc!()
  globalThis.gc!()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return { heapBytes: heapUsed, arrayBytes: arrayBuffers }
}

test(
  'has no object on the heap for an entry or its tags, holds its bound while it churns, and fills it',
  { timeout: 300_000 },
  () => {
    const maxBytes = 64 * MiB
    const value = Buffer.alloc(1000)
    const run = (entryCount: number) => {
      const cache = createCache<string, Buffer>({ store: 'off-heap', codec: 'raw', maxBytes, ttlMs: 1e6 })
      const before = held()
      let mostBytes = 0
      for (let n = 0; n < entryCount; n++) {
        cache.set(`product:${n}`, value.subarray(0, 100 + ((n * 7919) % 400)), { tags: [`seller:${n}`] })
        if (n % (entryCount / 4) === entryCount / 4 - 1)
          mostBytes = Math.max(mostBytes, held().arrayBytes - before.arrayBytes)
      }
      const growthBytes = held().heapBytes - before.heapBytes
      const { size } = cache
      cache.close()
      return { growthBytes, mostBytes, size }
    }
    run(10_000) // once for V8 to compile what it will
    const { growthBytes, mostBytes, size } = run(320_000)
    expect(size).toBeGreaterThan(120_000)
    // Segments have a few objects each, and V8 keeps some code: an object an entry would be 16 bytes at the very least.
    expect(growthBytes / size).toBeLessThan(4)
    expect(mostBytes).toBeLessThanOrEqual(maxBytes)
  },
)
