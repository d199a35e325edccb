// Whether what processes read is as fresh as it was promised to be. Times are ms on the machine's one monotonic clock.

/**
 * @typedef {{ worker: number, key: string, version: number | null, startMs: number, endMs: number, from?: string }} Read
 * @typedef {{ worker: number, key: string, version: number, deliveredMs: number | null, returnedMs: number }} Write
 *   `deliveredMs` is null for a change that was not delivered; `returnedMs` is when its caller had its answer, whatever it was.
 */

/**
 * A read that began more than the bound after a change was delivered must not answer anything older. A process never reads
 * anything older than what it has changed itself, delivered or not. Nobody reads what was never written.
 * @param {{ reads: Read[], writes: Write[], latest: Map<string, number> }} history
 * @param {number} boundMs
 */
export function judge({ reads, writes, latest }, boundMs) {
  const delivered = timelines(
    writes.filter((write) => write.deliveredMs !== null),
    (write) => write.key,
    (write) => /** @type {number} */ (write.deliveredMs),
  )
  const own = timelines(
    writes,
    (write) => `${write.worker} ${write.key}`,
    (write) => write.returnedMs,
  )
  const violations = []
  let staleCount = 0
  let longestStaleMs = 0
  for (const read of reads) {
    const { key, version, startMs, worker } = read
    if (version === null) continue
    const least = newestBefore(delivered.get(key), startMs - boundMs)
    const leastOwn = newestBefore(own.get(`${worker} ${key}`), startMs)
    if (version < least) violations.push({ ...read, kind: 'stale', least })
    else if (version < leastOwn) violations.push({ ...read, kind: 'own change not seen', least: leastOwn })
    else if (version > (latest.get(key) ?? 0)) violations.push({ ...read, kind: 'never written' })
    const overtakenMs = firstNewer(delivered.get(key), version)
    if (overtakenMs < startMs) {
      staleCount++
      longestStaleMs = Math.max(longestStaleMs, startMs - overtakenMs)
    }
  }
  return { violations, staleCount, longestStaleMs }
}

/** For each key the changes in the order of time, each with the newest version so far. */
function timelines(writes, keyOf, timeOf) {
  const lines = new Map()
  for (const write of [...writes].sort((left, right) => timeOf(left) - timeOf(right))) {
    const line = lines.get(keyOf(write)) ?? []
    const newest = Math.max(write.version, line.at(-1)?.version ?? 0)
    line.push({ atMs: timeOf(write), version: newest })
    lines.set(keyOf(write), line)
  }
  return lines
}

function newestBefore(line = [], beforeMs) {
  let [low, high] = [0, line.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (line[middle].atMs < beforeMs) low = middle + 1
    else high = middle
  }
  return low === 0 ? 0 : line[low - 1].version
}

function firstNewer(line = [], version) {
  let [low, high] = [0, line.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (line[middle].version <= version) low = middle + 1
    else high = middle
  }
  return low === line.length ? Infinity : line[low].atMs
}
