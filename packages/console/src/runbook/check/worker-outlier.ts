import { formatBytes } from '@plimsoll/core'
import { depthRatio, isServing, type ProcessFacts } from '../../rule/facts.ts'
import { listNames, percent } from '../../words.ts'
import type { Check } from '../check.ts'

interface Trait {
  label: string
  of(process: ProcessFacts): number | null
  /** How far above its siblings' median it must be to stand out. */
  factor: number
  atLeast: number
}

const traits: readonly Trait[] = [
  { label: 'garbage collection', of: ({ recent }) => recent?.gcCpuShare ?? null, factor: 2, atLeast: 0.08 },
  { label: 'event loop', of: ({ recent }) => recent?.eventLoopUtilization ?? null, factor: 1.6, atLeast: 0.25 },
  { label: 'processor', of: ({ recent }) => recent?.cpuShare ?? null, factor: 1.6, atLeast: 0.25 },
  { label: 'depth', of: depthRatio, factor: 1.3, atLeast: 0.15 },
]

/** Which process is unlike its siblings: the one server that stood out took people half an hour to see. */
export const workerOutlierCheck: Check = {
  name: 'worker-outlier',
  title: 'Does one process stand out?',
  judge({ processes }) {
    const serving = processes.filter((process) => isServing(process) && process.presence !== 'gone' && process.latest)
    if (serving.length === 0) return null
    if (serving.length === 1) {
      return {
        verdict: 'unknown',
        sentence: `${serving[0]!.identity.name} is the only process, so there is none to compare it with.`,
        evidence: [],
      }
    }
    const judged = serving
      .map((process) => ({ process, outlying: traits.filter((trait) => standsOut(process, serving, trait)) }))
      .sort((one, other) => other.outlying.length - one.outlying.length)
    const first = judged[0]!
    const evidence = serving.slice(0, 10).map((process) => ({ label: process.identity.name, value: describe(process) }))
    if (first.outlying.length === 0) {
      return { verdict: 'ok', sentence: `No process stands out among ${serving.length}.`, evidence }
    }
    const { identity } = first.process
    const rest = median(serving.filter((other) => other !== first.process))
    return {
      verdict: first.outlying.length >= 2 || first.process.leak ? 'guilty' : 'suspect',
      sentence: `${identity.name} (${identity.host}, process ${identity.pid}) stands out in ${listNames(first.outlying.map(({ label }) => label))}: ${describe(first.process)}; its siblings: ${rest}.`,
      evidence,
    }
  },
}

function standsOut(process: ProcessFacts, serving: readonly ProcessFacts[], { of, factor, atLeast }: Trait): boolean {
  const value = of(process)
  const usual = middle(serving.filter((other) => other !== process).map(of))
  return value !== null && usual !== null && value - usual >= atLeast && value >= factor * usual
}

function middle(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((one, other) => one - other)
  return known[Math.floor((known.length - 1) / 2)] ?? null
}

function describe(process: ProcessFacts): string {
  const { recent, depthBytes, limitBytes } = process
  const depth =
    depthBytes === null || limitBytes === null ? '' : `${formatBytes(depthBytes)} of ${formatBytes(limitBytes)}`
  const busy = recent ? `GC ${percent(recent.gcCpuShare)}, event loop ${percent(recent.eventLoopUtilization)}` : ''
  return [depth, busy].filter((part) => part !== '').join(', ')
}

function median(siblings: readonly ProcessFacts[]): string {
  const share = middle(siblings.map(({ recent }) => recent?.gcCpuShare ?? null))
  const loop = middle(siblings.map(({ recent }) => recent?.eventLoopUtilization ?? null))
  const depth = middle(siblings.map(({ depthBytes }) => depthBytes))
  const busy = share === null || loop === null ? '' : `, GC ${percent(share)}, event loop ${percent(loop)}`
  return `${depth === null ? 'depth unknown' : formatBytes(depth)}${busy}`
}
