import { writtenPlace, type WrittenPlace } from './written-place.ts'

/** One frame of a stack, as V8 tells it. */
export interface Frame {
  /** URL or path, as it was compiled: not yet source-mapped. */
  script: string
  line: number
  column: number
  functionName: string | null
  /** Where that stands in the file, when it was transpiled in memory; absent when it runs as it is. */
  written?: WrittenPlace
}

/** With where it was written, if that is another place. */
export function withWritten(frame: Frame): Frame {
  const written = writtenPlace(frame.script, frame.line, frame.column)
  return written ? { ...frame, written } : frame
}

const MAX_FRAMES = 12

/**
 * The host's frames of the present call, innermost first, without Node's own and without `above` and what it called.
 * The host may have its own `Error.prepareStackTrace` and limit: both are put back before this returns.
 */
export function readStack(above: (...args: never[]) => unknown): Frame[] {
  const settings = Error as { prepareStackTrace?: unknown; stackTraceLimit?: number }
  const { prepareStackTrace, stackTraceLimit } = settings
  const holder: { stack?: unknown } = {}
  try {
    settings.stackTraceLimit = MAX_FRAMES
    settings.prepareStackTrace = (_: unknown, sites: NodeJS.CallSite[]) => sites
    Error.captureStackTrace(holder, above)
    const sites = holder.stack
    return Array.isArray(sites) ? (sites as NodeJS.CallSite[]).flatMap(toFrame) : []
  } catch {
    // Frozen intrinsics: no stack to be had.
    return []
  } finally {
    restore(settings, prepareStackTrace, stackTraceLimit)
  }
}

function restore(
  settings: { prepareStackTrace?: unknown; stackTraceLimit?: number },
  prepare: unknown,
  limit: number | undefined,
): void {
  try {
    if (prepare === undefined) delete settings.prepareStackTrace
    else settings.prepareStackTrace = prepare
    if (limit !== undefined) settings.stackTraceLimit = limit
  } catch {
    // Frozen: then nothing was changed either.
  }
}

function toFrame(site: NodeJS.CallSite): Frame[] {
  const script = site.getFileName()
  const line = site.getLineNumber()
  if (!script || line === null || script.startsWith('node:')) return []
  return [withWritten({ script, line, column: site.getColumnNumber() ?? 1, functionName: site.getFunctionName() })]
}
