import { InvalidOptionError, type Random } from '@plimsoll/core'

/** Draws ranks from 0 (the most popular) to `count − 1`. */
export interface KeyPopularity {
  rank(random: Random): number
}

/**
 * Zipf's law: the key of rank k is asked for in proportion to 1 / (k + 1)^exponent. Shops and caches see exponents of 0.6 to 1.1.
 *
 * Rejection-inversion: a step function is covered by its own smooth integral, which inverts in closed form; a draw is then
 * accepted about nine times in ten or better. No table, so 50,000 or 50 million keys cost the same: O(1) in time and memory.
 * @see Hörmann, Derflinger. “Rejection-inversion to generate variates from monotone discrete distributions.” ACM TOMACS 6(3), 1996
 * @throws InvalidOptionError when `count` is not a positive integer or `exponent` not a positive number
 */
export function createZipf(count: number, exponent: number): KeyPopularity {
  const isFine = Number.isSafeInteger(count) && count > 0 && exponent > 0 && Number.isFinite(exponent)
  if (!isFine) {
    const what = `must have a positive whole count and a positive exponent, and has ${count} and ${exponent}`
    throw new InvalidOptionError('Zipf', [{ where: '', what }])
  }
  const density = (x: number) => Math.exp(-exponent * Math.log(x))
  // (x^(1−s) − 1)/(1−s), which tends to ln x as s tends to 1; expm1 and log1p keep it exact near that seam.
  const integral = (x: number) => overSeam((1 - exponent) * Math.log(x), Math.expm1) * Math.log(x)
  const inverse = (y: number) => Math.exp(overSeam(Math.max(-1, y * (1 - exponent)), Math.log1p) * y)
  const top = integral(1.5) - 1
  const bottom = integral(count + 0.5)
  const surelyWithin = 2 - inverse(integral(2.5) - density(2))
  return {
    rank(random) {
      for (;;) {
        const y = bottom + random.next() * (top - bottom)
        const x = inverse(y)
        const k = Math.min(count, Math.max(1, Math.round(x)))
        if (k - x <= surelyWithin || y >= integral(k + 0.5) - density(k)) return k - 1
      }
    },
  }
}

/** f(x)/x for f = expm1 or log1p, both of which go through 0 with slope 1. */
function overSeam(x: number, f: (x: number) => number): number {
  return Math.abs(x) < 1e-8 ? 1 : f(x) / x
}
