import fc from 'fast-check'
import { expect, test } from 'vitest'
import { falling } from './curve-sampler.ts'
import { lossOf, split, type Claim } from './split.ts'

const claim = (missRatios: number[], worth = 100, floorBytes = 0, ceilingBytes = 1000): Claim => {
  const curve = missRatios.map((missRatio, at) => ({ bytes: (1000 * (at + 1)) / missRatios.length, missRatio }))
  return { floorBytes, ceilingBytes, curve, worth }
}
const loss = (claims: readonly Claim[], grants: readonly number[]) =>
  claims.reduce((sum, each, at) => sum + lossOf(each, grants[at]!), 0)

test('gives memory to those who lose most without it', () => {
  const [steep, flat] = split([claim([0.2, 0.1, 0.1, 0.1]), claim([0.9, 0.8, 0.7, 0.6])], 500)
  expect(steep).toBeGreaterThan(200)
  expect(steep! + flat!).toBeLessThanOrEqual(500)
})

test('finds a cliff that no step uphill would: a loop is worth nothing until it fits', () => {
  const loop = claim([1, 1, 1, 0, 0])
  const [grant] = split([loop, claim([0.9, 0.8, 0.8, 0.8, 0.8])], 1000)
  expect(grant).toBeGreaterThanOrEqual(800)
})

test('gives those who know nothing yet their share, and nobody more than the ceiling', () => {
  expect(split([claim([], 0), claim([], 0)], 1000)).toEqual([500, 500])
  expect(split([claim([], 0, 0, 100), claim([], 0)], 1000)).toEqual([100, 900])
})

test('cuts floors alike where they are more than the budget', () => {
  expect(split([claim([], 0, 300), claim([], 0, 100)], 200)).toEqual([150, 50])
})

const anyClaim = fc
  .record({
    ratios: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 10 }),
    worth: fc.integer({ min: 0, max: 1000 }),
    floor: fc.integer({ min: 0, max: 50 }),
    ceiling: fc.integer({ min: 60, max: 1000 }),
  })
  .map(({ ratios, worth, floor, ceiling }) => claim(falling(ratios), worth, floor, ceiling))

test('never hands out more than there is, keeps floors and ceilings, and loses no more than an equal split', () => {
  fc.assert(
    fc.property(
      fc.array(anyClaim, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 400, max: 3000 }),
      (claims, budget) => {
        const grants = split(claims, budget)
        expect(grants.reduce((sum, grant) => sum + grant, 0)).toBeLessThanOrEqual(budget)
        claims.forEach(({ floorBytes, ceilingBytes }, at) => {
          expect(grants[at]).toBeGreaterThanOrEqual(floorBytes)
          expect(grants[at]).toBeLessThanOrEqual(ceilingBytes)
        })
        const floorSum = claims.reduce((sum, { floorBytes }) => sum + floorBytes, 0)
        const partBytes = (budget - floorSum) / 128
        const partsEach = Math.floor(128 / claims.length)
        const equal = claims.map(({ floorBytes, ceilingBytes }) => {
          return Math.min(ceilingBytes, floorBytes + partsEach * partBytes)
        })
        // Grants are whole bytes, and a byte is worth a hundredth of a miss ratio at most here.
        const rounding = claims.reduce((sum, { worth }) => sum + worth, 0) * 0.01 + 1e-6
        expect(loss(claims, grants)).toBeLessThanOrEqual(loss(claims, equal) + rounding)
      },
    ),
    { numRuns: 300 },
  )
})

test('evens out what chance makes a curve rise', () => {
  expect(falling([0.9, 0.5, 0.7, 0.2])).toEqual([0.9, 0.6, 0.6, 0.2])
  expect(falling([0.1, 0.2, 0.6])).toEqual([0.3, 0.3, 0.3].map((n) => expect.closeTo(n, 9)))
})
