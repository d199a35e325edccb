import { isHost, isOwn, toFrame, type CallFrame } from './frame.ts'
import type { CpuSite, Frame } from './probe-protocol.ts'

export interface CpuProfile {
  nodes: CpuNode[]
  samples?: number[]
  timeDeltas?: number[]
}

interface CpuNode {
  id: number
  callFrame: CallFrame
  children?: number[]
  positionTicks?: { line: number; ticks: number }[]
}

const MAX_SITES = 1000
const collector = '(garbage collector)'

/** CPU time by the service's own function that spent it, or had it spent. */
export function gatherCpu({ nodes, samples = [], timeDeltas = [] }: CpuProfile): CpuSite[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map<number, CpuNode>()
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node)
  const selfMs = new Map<number, number>()
  const collectMs = new Map<number, number>()
  let last: number | null = null
  samples.forEach((id, index) => {
    const name = byId.get(id)?.callFrame.functionName
    const ms = (timeDeltas[index] ?? 0) / 1000
    if (name === undefined || name === '(idle)') return
    // Collections have no stack of their own: whoever ran last made them necessary.
    if (name === collector && last !== null) return void collectMs.set(last, (collectMs.get(last) ?? 0) + ms)
    last = id
    selfMs.set(id, (selfMs.get(id) ?? 0) + ms)
  })
  const sites = new Map<string, CpuSite>()
  const add = (site: CpuSite): void => {
    const { own, ranLine, callee, leaf } = site
    const key = JSON.stringify([own?.script, own?.line, own?.column, ranLine, callee, leaf])
    const known = sites.get(key)
    if (known) known.selfMs += site.selfMs
    else sites.set(key, site)
  }
  for (const node of nodes) {
    const { own, callee } = findOwner(node, parents)
    const leaf = node.callFrame.functionName
    const collecting = collectMs.get(node.id) ?? 0
    if (collecting > 0) add({ own, callee: collector, leaf: collector, ranLine: null, selfMs: collecting })
    const ms = selfMs.get(node.id) ?? 0
    if (ms === 0) continue
    const ticks = callee === null ? (node.positionTicks ?? []) : []
    const tickCount = ticks.reduce((sum, tick) => sum + tick.ticks, 0)
    if (tickCount === 0) add({ own, callee, leaf, ranLine: null, selfMs: ms })
    for (const tick of ticks)
      add({ own, callee, leaf, ranLine: tick.line, selfMs: (ms * tick.ticks) / Math.max(1, tickCount) })
  }
  return [...sites.values()].sort((left, right) => right.selfMs - left.selfMs).slice(0, MAX_SITES)
}

/** Up the stack to the service's own code, and what that called. */
function findOwner(
  start: CpuNode,
  parents: ReadonlyMap<number, CpuNode>,
): { own: Frame | null; callee: string | null } {
  let foreign: { own: Frame; callee: string | null } | null = null
  let below: string | null = null
  for (let node: CpuNode | undefined = start; node; node = parents.get(node.id)) {
    const frame = toFrame(node.callFrame)
    if (isOwn(frame)) return { own: frame, callee: below }
    if (isHost(frame)) foreign ??= { own: frame, callee: below }
    below = frame.functionName || below
  }
  return foreign ?? { own: null, callee: null }
}
