/** Chance as it is passed in. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
}

/** The machine's own chance; not for secrets. */
export const systemRandom: Random = { next: () => Math.random() }

/**
 * Reproducible chance: mulberry32, 32 bits of state, period 2³². Two generators with one seed draw the same numbers.
 * Good for load and data, useless for secrets.
 */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
  }
}

/** A whole number in [0, bound). */
export function nextBelow(random: Random, bound: number): number {
  return Math.floor(random.next() * bound)
}

/** A span with the given mean from the exponential distribution: the gap between arrivals of a Poisson process. */
export function nextExponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random.next())
}

/** A standard normal draw (Box and Muller, 1958). */
export function nextNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}
