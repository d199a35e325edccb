import type { Session } from 'node:inspector'

import { isHost } from './frame.ts'
import { post, tryPost } from './inspector.ts'
import type { RanScript } from './probe-protocol.ts'

interface ScriptCoverage {
  url: string
  functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[]
}

/** Bundles have tens of thousands of functions: of larger scripts nothing is told. */
const MAX_FUNCTIONS = 20_000

/**
 * Notes which functions are called, until the answer is: of the host's scripts. Null where somebody else counts, or nobody can. Nothing is
 * told where another one has ended the counting meanwhile.
 */
export function startCoverage(session: Session | null): (() => RanScript[]) | null {
  if (!session || process.env.NODE_V8_COVERAGE) return null
  const refusal =
    tryPost(session, 'Profiler.enable', {}) ??
    tryPost(session, 'Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  if (refusal !== null) return null
  return () => {
    const result = takeCoverage(session)
    for (const method of ['stopPreciseCoverage', 'disable']) tryPost(session, `Profiler.${method}`, {})
    return result
      .filter(({ url, functions }) => isHost({ script: url }) && functions.length <= MAX_FUNCTIONS)
      .map(({ url, functions }) => ({
        script: url,
        functions: functions.flatMap(({ ranges: [range] }) =>
          range ? [{ from: range.startOffset, to: range.endOffset, hasRun: range.count > 0 }] : [],
        ),
      }))
      .filter(({ functions }) => functions.some(({ hasRun }) => hasRun))
  }
}

function takeCoverage(session: Session): ScriptCoverage[] {
  try {
    return (post(session, 'Profiler.takePreciseCoverage') as { result: ScriptCoverage[] }).result
  } catch {
    return []
  }
}
