import { expect, test } from 'vitest'
import { mixHash } from '../policy/hash-key.ts'
import { Miniature } from './miniature.ts'

test('who was asked for before the sample became smaller does not choose the window for those who are left', () => {
  const LOOP = 500
  for (let seed = 1; seed <= 20; seed++) {
    const miniature = new Miniature({ bytes: 488, policy: 'w-tinylfu', isByDensity: true, hashSeed: seed })
    const loop = (times: number) => {
      for (let at = 0; at < times * LOOP; at++) {
        const hash = mixHash(at % LOOP, seed)
        if (hash <= miniature.threshold) miniature.ask(hash, 1, Infinity, 0, Infinity)
      }
    }
    loop(10)
    miniature.halveRate()
    miniature.halveRate()
    let sampleCount = 0
    for (let key = 0; key < LOOP; key++) if (mixHash(key, seed) <= miniature.threshold) sampleCount++
    miniature.correct((sampleCount / LOOP) * 4, 0)
    loop(40)
    miniature.missCount = 0
    loop(10)
    expect(miniature.missCount / (10 * LOOP), `seed ${seed}`).toBeLessThan(0.1)
  }
})
