import type { Session } from 'node:inspector'

/** A session on this very thread: no port is opened. Null where the inspector is not built in or not allowed. */
export function openSession(): Session | null {
  try {
    const inspector = process.getBuiltinModule('node:inspector')
    const session = new inspector.Session()
    session.connect()
    return session
  } catch {
    return null
  }
}

/** A session on its own thread answers before `post` returns. */
export function post(session: Session | null, method: string, parameters: object = {}): unknown {
  if (!session) throw new Error('the inspector is not available in this process')
  let answer: unknown
  let failure: Error | null = null
  session.post(method, parameters, (error: Error | null, result?: object) => {
    failure = error
    answer = result
  })
  if (failure) throw failure as Error
  return answer
}

/** Why it did not work, or null. */
export function tryPost(session: Session | null, method: string, parameters: object): string | null {
  try {
    post(session, method, parameters)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** A script that V8 has compiled. */
export interface ScriptFacts {
  id: string
  url: string
  /** Its source map, when it carries it with it (`data:`), as what is translated while it is loaded does; else null. */
  mapUrl: string | null
}

/** Larger ones, or more of them, would cost more than they tell. */
const MAX_MAP_CHARS = 4 * 1024 * 1024
const MAX_MAPS_CHARS = 24 * 1024 * 1024

/** V8 tells where scripts come from only to a debugger: enabled and disabled within this call, no statement runs under it. */
export function readScripts(session: Session | null): ScriptFacts[] {
  if (!session) return []
  const scripts: ScriptFacts[] = []
  let left = MAX_MAPS_CHARS
  const note = ({ params }: { params: { scriptId: string; url: string; sourceMapURL?: string } }): void => {
    const { scriptId: id, url, sourceMapURL = '' } = params
    const isTaken = sourceMapURL.startsWith('data:') && sourceMapURL.length <= Math.min(left, MAX_MAP_CHARS)
    if (isTaken) left -= sourceMapURL.length
    if (url !== '') scripts.push({ id, url, mapUrl: isTaken ? sourceMapURL : null })
  }
  session.on('Debugger.scriptParsed', note)
  try {
    post(session, 'Debugger.enable', { maxScriptsCacheSize: 0 })
  } finally {
    post(session, 'Debugger.disable')
    session.off('Debugger.scriptParsed', note)
  }
  return scripts
}
