import { routeName, type Route } from './route.ts'

/** Of its weight, by how much a route comes more or less often in a batch. */
const SWING = 0.3

/**
 * Weights of the routes in a batch: they go up and down by 30 % from batch to batch, so that what each leaves behind can be told apart.
 * Each follows a two-valued sequence unlike those of the others (rows of a Walsh matrix).
 */
export function varyMix(routes: readonly Route[], batch: number): Record<string, number> {
  const weights = routes.map((route, index): [string, number] => {
    const sign = popCount(batch & (index + 1)) % 2 === 0 ? 1 : -1
    return [routeName(route), route.weight * (1 + SWING * sign)]
  })
  return Object.fromEntries(weights)
}

function popCount(bits: number): number {
  let count = 0
  for (let left = bits; left > 0; left >>= 1) count += left & 1
  return count
}
