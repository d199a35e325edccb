import { isHost, MAX_FRAMES, toFrame, type CallFrame } from './frame.ts'
import type { Frame, SampledSite } from './probe-protocol.ts'

export interface HeapProfile {
  head: HeapNode
}
interface HeapNode {
  callFrame: CallFrame
  selfSize: number
  children: HeapNode[]
}

/** Bytes alive by the host's part of the stack that asked for them. */
export function gatherSites({ head }: HeapProfile): SampledSite[] {
  const sites = new Map<string, SampledSite>()
  const pending: { node: HeapNode; above: readonly Frame[]; leaf: string | null }[] = [
    { node: head, above: [], leaf: null },
  ]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const frame = toFrame(next.node.callFrame)
    const isOurs = isHost(frame)
    const stack = isOurs ? [frame, ...next.above].slice(0, MAX_FRAMES) : next.above
    // Of what Node runs for the innermost frame, what that frame itself called.
    const leaf = isOurs ? null : (next.leaf ?? (frame.functionName || null))
    if (next.node.selfSize > 0) {
      const key = [leaf, ...stack.map(({ script, line, column }) => `${script}:${line}:${column}`)].join(' ')
      const known = sites.get(key)
      if (known) known.liveBytes += next.node.selfSize
      else sites.set(key, { stack: [...stack], leaf, liveBytes: next.node.selfSize })
    }
    for (const child of next.node.children) pending.push({ node: child, above: stack, leaf })
  }
  return [...sites.values()].sort((left, right) => right.liveBytes - left.liveBytes).slice(0, 300)
}
