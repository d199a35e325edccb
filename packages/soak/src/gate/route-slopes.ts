/** What a request of each route leaves behind. */
export interface RouteSlope {
  estimate: number
  low: number
  high: number
}

/**
 * Growth per route, by least squares over batches whose mix was varied on purpose: growth of batch k = Σ routes (slope × requests of that
 * route in k). Null when there are too few batches or the mix did not vary enough to tell routes apart. Intervals are at 99 %.
 */
export function regressRoutes(growth: readonly number[], counts: readonly (readonly number[])[]): RouteSlope[] | null {
  const routeCount = counts[0]?.length ?? 0
  const batchCount = growth.length
  if (routeCount === 0 || batchCount < routeCount + 5) return null
  const normal = Array.from({ length: routeCount }, (_, row) =>
    Array.from({ length: routeCount }, (_, column) =>
      counts.reduce((sum, batch) => sum + batch[row]! * batch[column]!, 0),
    ),
  )
  const inverse = invert(normal)
  if (!inverse) return null
  const right = normal.map((_, row) => counts.reduce((sum, batch, index) => sum + batch[row]! * growth[index]!, 0))
  const slopes = inverse.map((line) => line.reduce((sum, value, index) => sum + value * right[index]!, 0))
  const residual = growth.reduce((sum, value, index) => {
    const expected = counts[index]!.reduce((total, count, route) => total + count * slopes[route]!, 0)
    return sum + (value - expected) ** 2
  }, 0)
  const variance = residual / (batchCount - routeCount)
  return slopes.map((estimate, route) => {
    const half = 2.9 * Math.sqrt(variance * Math.max(0, inverse[route]![route]!))
    return { estimate, low: estimate - half, high: estimate + half }
  })
}

/** Gauss and Jordan, with the largest pivot; null when it is all but singular. */
function invert(matrix: readonly (readonly number[])[]): number[][] | null {
  const size = matrix.length
  const work = matrix.map((line, row) => [
    ...line,
    ...Array.from({ length: size }, (_, column) => Number(row === column)),
  ])
  for (let column = 0; column < size; column++) {
    let pivot = column
    for (let row = column + 1; row < size; row++)
      if (Math.abs(work[row]![column]!) > Math.abs(work[pivot]![column]!)) pivot = row
    if (Math.abs(work[pivot]![column]!) < 1e-9 * Math.abs(matrix[column]![column]!) || work[pivot]![column] === 0)
      return null
    ;[work[column], work[pivot]] = [work[pivot]!, work[column]!]
    const scale = work[column]![column]!
    work[column] = work[column]!.map((value) => value / scale)
    for (let row = 0; row < size; row++) {
      if (row === column) continue
      const factor = work[row]![column]!
      work[row] = work[row]!.map((value, index) => value - factor * work[column]![index]!)
    }
  }
  return work.map((line) => line.slice(size))
}
