import type { PprofFrame, PprofProfile } from '../report/pprof.ts'

interface CallFrame {
  functionName: string
  url: string
  lineNumber: number
}

/** V8's sampling heap profile, as `HeapProfiler.getSamplingProfile` gives it. */
export interface V8HeapProfile {
  head: V8HeapNode
  samples: readonly { size: number; nodeId: number }[]
}
interface V8HeapNode {
  id: number
  callFrame: CallFrame
  children: readonly V8HeapNode[]
}

/** V8's CPU profile, as `Profiler.stop` gives it; times in µs. */
export interface V8CpuProfile {
  nodes: readonly { id: number; callFrame: CallFrame; children?: readonly number[] }[]
  startTime: number
  endTime: number
  samples?: readonly number[]
  timeDeltas?: readonly number[]
}

/** What is alive, by the stack that allocated it. `intervalBytes` is the sampler's. */
export function pprofOfHeap({ head, samples }: V8HeapProfile, atMs: number, intervalBytes: number): PprofProfile {
  const stacks = new Map<number, readonly PprofFrame[]>()
  const pending: { node: V8HeapNode; above: readonly PprofFrame[] }[] = [{ node: head, above: [] }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const stack = next.node === head ? [] : [frameOf(next.node.callFrame), ...next.above]
    stacks.set(next.node.id, stack)
    for (const child of next.node.children) pending.push({ node: child, above: stack })
  }
  return {
    sampleTypes: [
      { type: 'inuse_samples', unit: 'count' },
      { type: 'inuse_space', unit: 'bytes' },
    ],
    samples: addUp(
      samples.map(({ size, nodeId }) => ({ nodeId, value: size })),
      stacks,
    ),
    atMs,
    durationMs: 0,
    period: { type: 'space', unit: 'bytes', value: intervalBytes },
  }
}

/** Where time went. */
export function pprofOfCpu(profile: V8CpuProfile, atMs: number): PprofProfile {
  const { nodes, startTime, endTime, samples = [], timeDeltas = [] } = profile
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const stacks = new Map<number, readonly PprofFrame[]>()
  const stackOf = (id: number): readonly PprofFrame[] => {
    const known = stacks.get(id)
    if (known) return known
    const parent = parents.get(id)
    // The root stands for no function.
    const stack = parent === undefined ? [] : [frameOf(byId.get(id)!.callFrame), ...stackOf(parent)]
    stacks.set(id, stack)
    return stack
  }
  for (const { id } of nodes) stackOf(id)
  const durationMs = (endTime - startTime) / 1000
  return {
    sampleTypes: [
      { type: 'sample', unit: 'count' },
      { type: 'wall', unit: 'nanoseconds' },
    ],
    samples: addUp(
      samples.map((nodeId, index) => ({ nodeId, value: Math.max(0, timeDeltas[index] ?? 0) * 1000 })),
      stacks,
    ),
    atMs,
    durationMs,
    period: { type: 'wall', unit: 'nanoseconds', value: (durationMs * 1e6) / Math.max(1, samples.length) },
  }
}

/** One sample for each stack: how many there were, and their sum. */
function addUp(
  found: readonly { nodeId: number; value: number }[],
  stacks: ReadonlyMap<number, readonly PprofFrame[]>,
): PprofProfile['samples'] {
  const sums = new Map<number, [count: number, value: number]>()
  for (const { nodeId, value } of found) {
    const [count, sum] = sums.get(nodeId) ?? [0, 0]
    sums.set(nodeId, [count + 1, sum + value])
  }
  return [...sums].map(([nodeId, values]) => ({ stack: stacks.get(nodeId) ?? [], values }))
}

function frameOf({ functionName, url, lineNumber }: CallFrame): PprofFrame {
  return { functionName: functionName || '(anonymous)', file: url, line: lineNumber + 1 }
}
