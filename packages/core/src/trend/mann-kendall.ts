import { thin } from './theil-sen.ts'

/** How surely a series rises: `tau` from −1 (always falls) to 1 (always rises), `p` the chance of so much rise in noise. */
export interface Trend {
  tau: number
  z: number
  p: number
}

/**
 * Does a series rise? Counts in how many pairs the later value is larger; asks nothing about the shape of the noise.
 * One-sided, normal approximation with ties corrected, good from five values on.
 * @see Mann. “Nonparametric Tests Against Trend.” Econometrica 13(3), 1945; Kendall. “Rank Correlation Methods.” 1955
 */
export function mannKendall(series: readonly number[]): Trend {
  const values = thin(series, 200)
  const n = values.length
  if (n < 3) return { tau: 0, z: 0, p: 1 }
  let score = 0
  for (let later = 1; later < n; later++) {
    for (let earlier = 0; earlier < later; earlier++) score += Math.sign(values[later]! - values[earlier]!)
  }
  const variance = (n * (n - 1) * (2 * n + 5) - tiedShare(values)) / 18
  const z = variance <= 0 ? 0 : (score - Math.sign(score)) / Math.sqrt(variance)
  return { tau: score / ((n * (n - 1)) / 2), z, p: upperTail(z) }
}

function tiedShare(values: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  let share = 0
  for (const count of counts.values()) if (count > 1) share += count * (count - 1) * (2 * count + 5)
  return share
}

/** Chance that a standard normal exceeds z; error below 7.5e-8 (Abramowitz and Stegun 26.2.17). */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial
  return z >= 0 ? tail : 1 - tail
}
