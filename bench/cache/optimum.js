/**
 * The hit ratio that no policy can exceed: keeps those that are needed soonest; a newcomer that is needed later than all of
 * them does not enter.
 * @see Bélády. “A study of replacement algorithms for a virtual-storage computer.” IBM Systems Journal 5(2), 1966
 */
export function replayOptimum(ids, entryCount) {
  const nextUse = new Float64Array(ids.length)
  const seen = new Map()
  for (let at = ids.length - 1; at >= 0; at--) {
    nextUse[at] = seen.get(ids[at]) ?? Infinity
    seen.set(ids[at], at)
  }
  const heap = new FarthestFirst()
  const here = new Map()
  let hitCount = 0
  for (let at = 0; at < ids.length; at++) {
    if (here.has(ids[at])) hitCount++
    if (nextUse[at] === Infinity) {
      here.delete(ids[at])
      continue
    }
    here.set(ids[at], nextUse[at])
    heap.push(nextUse[at], ids[at])
    while (here.size > entryCount) {
      const [next, id] = heap.pop()
      if (here.get(id) === next) here.delete(id)
    }
  }
  return hitCount / ids.length
}

/** A binary heap of pairs, the largest first. */
class FarthestFirst {
  #pairs = []

  push(next, id) {
    const pairs = this.#pairs
    let at = pairs.length
    pairs.push([next, id])
    while (at > 0 && pairs[(at - 1) >> 1][0] < next) {
      pairs[at] = pairs[(at - 1) >> 1]
      at = (at - 1) >> 1
    }
    pairs[at] = [next, id]
  }

  pop() {
    const pairs = this.#pairs
    const first = pairs[0]
    const last = pairs.pop()
    if (pairs.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= pairs.length) break
      if (child + 1 < pairs.length && pairs[child + 1][0] > pairs[child][0]) child++
      if (pairs[child][0] <= last[0]) break
      pairs[at] = pairs[child]
      at = child
    }
    pairs[at] = last
    return first
  }
}
