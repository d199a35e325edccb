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
  return starts.find(({ script }) => !hasReached(script)) ?? starts.find(isNew) ?? null
}

/** What a function could see when it was called: its `this`, and its scopes from the innermost outwards. */
export interface CaughtFrame {
  scriptId: string
  self: unknown
  scopes: Scope[]
}

export interface CatchOptions {
  clock: Clock
  /** A function that is not called in this time is not waited for. Default 2 s. */
  timeoutMs?: number
  guard(act: () => void): () => void
}

const callKey = Symbol.for('plimsoll.frame')

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
  let caught: { self: unknown; closure: (...args: never[]) => unknown } | null = null
  let isOver = false
  const finish = guard(() => {
    if (isOver) return
    isOver = true
    timer.cancel()
    Reflect.deleteProperty(host, callKey)
    const frame = session && caught && place ? read(session, caught, place.scriptId) : null
    caught = null
    session?.disconnect()
    done(frame)
  })
  const timer = clock.after(timeoutMs, finish)
  const place = session && setBreakpoint(session, start)
  if (!place) return finish()
  Object.defineProperty(host, callKey, {
    // Runs within the host's call: it notes what it is given and has no more to do.
    value: (self: unknown, closure: (...args: never[]) => unknown) => {
      if (caught) return
      caught = { self, closure }
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

function setBreakpoint(session: Session, { script, line, column }: FunctionStart): { scriptId: string } | null {
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
  const condition = `void globalThis[Symbol.for(${JSON.stringify(callKey.description)})]?.(this, () => {})`
  return post(session, 'Debugger.setBreakpoint', { location, condition }) === null ? null : { scriptId }
}

function read(
  session: Session,
  { self, closure }: { self: unknown; closure: (...args: never[]) => unknown },
  scriptId: string,
): CaughtFrame | null {
  post(session, 'Debugger.disable')
  const reader = new ScopeReader(session)
  const scopes = reader.readScopes(closure)?.scopes ?? null
  reader.release()
  return scopes && { scriptId, self, scopes }
}

/** The answer, or null for an error. */
function post(session: Session, method: string, parameters: object = {}): unknown {
  let answer: unknown = null
  session.post(method, parameters, (error: Error | null, result?: object) => {
    if (!error) answer = result
  })
  return answer
}
