import { createSeededRandom, nextBelow } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { Arena } from './arena.ts'

const KiB = 1024

test('no write moves more than one segment, however much is held', () => {
  const maxBytes = 32 * 1024 * KiB
  const arena = new Arena(maxBytes)
  const blocks = arena.blocksWithin(maxBytes)
  arena.limit(blocks)
  const random = createSeededRandom(1)
  const slots = 12_000
  arena.resize(slots)
  const lengths = new Uint32Array(slots)
  let mostMovedBytes = 0
  for (let n = 0; n < 5 * slots; n++) {
    const slot = n < slots ? n : nextBelow(random, slots)
    if (lengths[slot]! > 0) arena.free(slot)
    lengths[slot] = 0
    const length = 200 + nextBelow(random, 3600)
    while (arena.liveBytes + arena.recordBytes(length) > arena.usableBytes(blocks)) {
      const victim = nextBelow(random, slots)
      if (lengths[victim] === 0) continue
      arena.free(victim)
      lengths[victim] = 0
    }
    const before = arena.places.slice()
    arena.open(slot, length)
    arena.close(slot)
    lengths[slot] = length
    let movedBytes = 0
    for (let other = 0; other < slots; other++) {
      if (other !== slot && arena.places[other] !== before[other]) movedBytes += arena.recordBytes(lengths[other]!)
    }
    mostMovedBytes = Math.max(mostMovedBytes, movedBytes)
  }
  // It was full and had to tidy up, or this shows nothing.
  expect(arena.liveBytes).toBeGreaterThan(0.5 * arena.usableBytes(blocks))
  expect(mostMovedBytes).toBeGreaterThan(0)
  expect(mostMovedBytes).toBeLessThanOrEqual(64 * KiB)
})
