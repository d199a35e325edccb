import type { Frame } from './probe-protocol.ts'

/** As V8's profilers tell a frame. */
export interface CallFrame {
  functionName: string
  url: string
  lineNumber: number
  columnNumber: number
}
export const MAX_FRAMES = 12

export function toFrame({ functionName, url, lineNumber, columnNumber }: CallFrame): Frame {
  return { script: url, line: lineNumber + 1, column: columnNumber + 1, functionName }
}

const ownFolder = import.meta.url.slice(0, import.meta.url.lastIndexOf('/') + 1)
export function isHost({ script }: { script: string }): boolean {
  return script !== '' && !script.startsWith('node:') && !script.startsWith(ownFolder)
}

/** The service's own code, not that of a package. */
export function isOwn(frame: { script: string }): boolean {
  return isHost(frame) && !/[\\/]node_modules[\\/]/.test(frame.script)
}

/** The host's frames of the present call, innermost first, as they were compiled. The host's own settings are put back. */
export function readStack(above: (...args: never[]) => unknown): Frame[] {
  const settings = Error as { prepareStackTrace?: unknown; stackTraceLimit?: number }
  const { prepareStackTrace, stackTraceLimit } = settings
  const holder: { stack?: unknown } = {}
  try {
    settings.stackTraceLimit = 30
    settings.prepareStackTrace = (_: unknown, sites: NodeJS.CallSite[]) => sites
    Error.captureStackTrace(holder, above)
    const { stack } = holder
    return (Array.isArray(stack) ? (stack as NodeJS.CallSite[]) : [])
      .map((site) => ({
        script: site.getFileName() ?? '',
        line: site.getLineNumber() ?? 0,
        column: site.getColumnNumber() ?? 0,
        functionName: site.getFunctionName() ?? '',
      }))
      .filter(isHost)
      .slice(0, MAX_FRAMES)
  } finally {
    settings.prepareStackTrace = prepareStackTrace
    settings.stackTraceLimit = stackTraceLimit
  }
}
