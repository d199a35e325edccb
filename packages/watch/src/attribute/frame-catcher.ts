import inspector, { type Session } from 'node:inspector'
import type { Clock } from '@plimsoll/core'
import { ScopeReader, type Scope } from './scope-reader.ts'

/** Where a function begins, as V8's profiles tell it: from 1. */
export interface FunctionStart {
  script: string
  line: number
  column: number
}

/**
 * Which of these functions to look into next: the first in a script of which no walk has seen a variable, else the first that was not
 * looked into. Where its module was seen, it may still be called with what leads further, or on it: `ctx.app`, an arrow's `this`.
 */
export function chooseStart(
  starts: readonly FunctionStart[],
  hasReached: (script: string) => boolean,
  looked: readonly FunctionStart[],
): FunctionStart | null {
  const isNew = ({ script, line, column }: FunctionStart) =>
    !looked.some((other) => other.script === script && other.line === line && other.column === column)
  return starts.find((start) => isNew(start) && !hasReached(start.script)) ?? starts.find(isNew) ?? null
}

/** What a function could see when it was called: its `this`, its parameters, and its scopes from the innermost outwards. */
export interface CaughtFrame {
  scriptId: string
  self: unknown
  /** By name; those that are taken apart have none. */
  parameters: Record<string, unknown>
  scopes: Scope[]
}

export interface CatchOptions {
  clock: Clock
  /** A function that is not called in this time is not waited for. Default 2 s. */
  timeoutMs?: number
  guard(act: () => void): () => void
}

interface Call {
  self: unknown
  closure: (...args: never[]) => unknown
  parameters: unknown[]
}

const callKey = Symbol.for('plimsoll.frame')
/** Where the parameters of a function are looked for, in characters from its beginning. */
const MAX_HEAD_LENGTH = 300

/**
 * Waits for the next call of ONE function and looks at what it can see. A function that nobody keeps where we can find it (an arrow
 * whose `this` leads to it, a module without exports) is out of reach for a walk; but V8 evaluates the condition of a breakpoint
 * in the frame that meets it, without stopping, when the condition is false. So the debugger is enabled for that one call, on this thread,
 * with all pauses skipped: 20–60 ms once, and no statement of the host's waits. `done` is called once, with null when it was not met
 * or cannot be: nobody else's debugger is disturbed.
 */
export function catchFrame(
  start: FunctionStart,
  options: CatchOptions,
  done: (frame: CaughtFrame | null) => void,
): void {
  const { clock, timeoutMs = 2000, guard } = options
  const session = open()
  const host = globalThis as { [callKey]?: unknown }
  let caught: Call | null = null
  let isOver = false
  const finish = guard(() => {
    if (isOver) return
    isOver = true
    timer.cancel()
    Reflect.deleteProperty(host, callKey)
    const frame = session && caught && place ? read(session, caught, place) : null
    caught = null
    session?.disconnect()
    done(frame)
  })
  const timer = clock.after(timeoutMs, finish)
  const place = session && setBreakpoint(session, start)
  if (!place) return finish()
  Object.defineProperty(host, callKey, {
    // Runs within the host's call: it notes what it is given and has no more to do.
    value: (self: unknown, closure: (...args: never[]) => unknown, parameters: unknown[]) => {
      if (caught) return
      caught = { self, closure, parameters }
      clock.after(0, finish)
    },
    configurable: true,
    enumerable: false,
  })
}

/** Null beside a debugger of the host's, which would be told of our breakpoint, and where there is no inspector. */
function open(): Session | null {
  if (inspector.url() !== undefined) return null
  try {
    const session = new inspector.Session()
    session.connect()
    return session
  } catch {
    return null
  }
}

interface Place {
  scriptId: string
  names: readonly string[]
}

function setBreakpoint(session: Session, { script, line, column }: FunctionStart): Place | null {
  let scriptId: string | null = null
  const note = ({ params }: { params: { scriptId: string; url: string } }): void => {
    if (params.url === script) scriptId = params.scriptId
  }
  session.on('Debugger.scriptParsed', note)
  post(session, 'Debugger.enable', { maxScriptsCacheSize: 0 })
  session.off('Debugger.scriptParsed', note)
  // A `debugger` statement must not stop anybody meanwhile.
  post(session, 'Debugger.setSkipAllPauses', { skip: true })
  if (scriptId === null) return null
  // A position before the body may belong to the function around it.
  const from = { scriptId, lineNumber: line - 1, columnNumber: column - 1 }
  const possible = post(session, 'Debugger.getPossibleBreakpoints', { start: from, restrictToFunction: true }) as {
    locations: { scriptId: string; lineNumber: number; columnNumber: number; type?: string }[]
  } | null
  const location = possible?.locations.find(({ type }) => type !== 'debuggerStatement')
  if (!location) return null
  const { scriptSource = '' } = (post(session, 'Debugger.getScriptSource', { scriptId }) ?? {}) as {
    scriptSource?: string
  }
  const names = parametersAt(scriptSource, line, column)
  // Parameters that nobody closes over are in no scope. One that is not there after all must not keep the others from being told.
  const values = names.map((name) => `(() => { try { return ${name} } catch {} })()`)
  const condition = `void globalThis[Symbol.for(${JSON.stringify(callKey.description)})]?.(this, () => {}, [${values.join()}])`
  return post(session, 'Debugger.setBreakpoint', { location, condition }) === null ? null : { scriptId, names }
}

/** Names of the parameters of the function that begins there; not of those that are taken apart. */
function parametersAt(source: string, line: number, column: number): string[] {
  const lineStart = source.split('\n', line - 1).reduce((sum, { length }) => sum + length + 1, 0)
  const head = source.slice(lineStart + column - 1, lineStart + column - 1 + MAX_HEAD_LENGTH)
  const list = /^(?:async\s+)?([\w$]+)\s*=>/.exec(head)?.[1] ?? /^[^()]*\(([^()]*)\)/.exec(head)?.[1] ?? ''
  return list.split(',').flatMap((part) => /^\s*(?:\.\.\.)?([A-Za-z_$][\w$]*)\s*(?:=.*)?$/.exec(part)?.[1] ?? [])
}

function read(session: Session, { self, closure, parameters }: Call, { scriptId, names }: Place): CaughtFrame | null {
  post(session, 'Debugger.disable')
  const reader = new ScopeReader(session)
  const scopes = reader.readScopes(closure)?.scopes ?? null
  reader.release()
  const byName = Object.fromEntries(names.map((name, index) => [name, parameters[index]]))
  return scopes && { scriptId, self, parameters: byName, scopes }
}

/** The answer, or null for an error. */
function post(session: Session, method: string, parameters: object = {}): unknown {
  let answer: unknown = null
  session.post(method, parameters, (error: Error | null, result?: object) => {
    if (!error) answer = result
  })
  return answer
}
