/** A shift with the interval it lies in; an end that so few differences cannot bound is infinite. */
export interface ShiftInterval {
  estimate: number
  low: number
  high: number
}

/**
 * By how much paired differences are shifted from zero: the median of all averages of two (Hodges and Lehmann), with the interval that
 * inverts Wilcoxon's signed-rank test. `error` is the chance that the shift lies below `low`, and as much that it lies above `high`:
 * exact for every distribution that is symmetric, however wild, which differences of pairs in random order are when there is no shift.
 * Costs O(n²); keep n below some hundred.
 * @see Hodges, Lehmann. “Estimates of Location Based on Rank Tests.” Ann. Math. Stat. 34, 1963
 */
export function shiftInterval(differences: readonly number[], error: number): ShiftInterval {
  const averages: number[] = []
  for (const [index, left] of differences.entries())
    for (const right of differences.slice(index)) averages.push((left + right) / 2)
  averages.sort((left, right) => left - right)
  const count = averages.length
  if (count === 0) return { estimate: 0, low: -Infinity, high: Infinity }
  const estimate = (averages[(count - 1) >> 1]! + averages[count >> 1]!) / 2
  const outside = criticalRank(differences.length, error)
  return { estimate, low: averages[outside - 1] ?? -Infinity, high: averages[count - outside] ?? Infinity }
}

/** The largest k with P(T < k) ≤ error, of the sum T of the ranks of n fair coins. */
function criticalRank(n: number, error: number): number {
  let below = 0
  const chances = rankSumChances(n)
  for (let k = 0; k < chances.length; k++) {
    below += chances[k]!
    if (below > error) return k
  }
  return chances.length
}

/** P(T = k): each rank 1..n is in the sum or not, as a coin says. */
function rankSumChances(n: number): Float64Array {
  const chances = new Float64Array((n * (n + 1)) / 2 + 1)
  chances[0] = 1
  for (let rank = 1, most = 0; rank <= n; most += rank++) {
    for (let sum = most + rank; sum >= 0; sum--)
      chances[sum] = ((sum <= most ? chances[sum]! : 0) + (sum >= rank ? chances[sum - rank]! : 0)) / 2
  }
  return chances
}
