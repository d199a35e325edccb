import { useEffect, useState } from 'preact/hooks'
import { csrfHeader, paths, type ApiError, type Session, type StreamEvents } from '../../src/api/contract.ts'

/** The console said no. Its sentence is made for people. */
export class RefusalError extends Error {
  readonly status: number

  constructor(status: number, sentence: string) {
    super(sentence)
    this.status = status
  }
}

let csrfToken = ''

export async function loadSession(): Promise<Session> {
  const session = await ask<Session>('GET', paths.session)
  csrfToken = session.csrfToken
  return session
}

export async function ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  let answer: Response
  try {
    answer = await fetch(path, {
      method,
      headers: {
        ...(method === 'GET' ? {} : { [csrfHeader]: csrfToken }),
        ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      },
      body: method === 'POST' ? JSON.stringify(body ?? {}) : undefined,
    })
  } catch {
    throw new RefusalError(0, 'The console does not answer. It is restarting, or the way to it is broken.')
  }
  if (!answer.ok) {
    const refusal = (await answer.json().catch(() => null)) as ApiError | null
    throw new RefusalError(answer.status, refusal?.message ?? `The console answered ${answer.status}.`)
  }
  return answer.status === 204 ? (undefined as T) : ((await answer.json()) as T)
}

/** What is loaded once and again whenever `path` changes: the value, or why there is none. */
export function useLoaded<T>(path: string, refreshMs?: number): { value: T | null; refusal: string | null } {
  const [state, setState] = useState<{ value: T | null; refusal: string | null }>({ value: null, refusal: null })
  useEffect(() => {
    let isOver = false
    const load = () =>
      ask<T>('GET', path).then(
        (value) => isOver || setState({ value, refusal: null }),
        (error: Error) => isOver || setState((before) => ({ ...before, refusal: error.message })),
      )
    void load()
    const timer = refreshMs === undefined ? undefined : setInterval(load, refreshMs)
    return () => {
      isOver = true
      clearInterval(timer)
    }
  }, [path, refreshMs])
  return state
}

/** Follows the live stream. The browser reconnects by itself; `isLive` is false meanwhile. */
export function useStream(
  query: string,
  hear: Partial<{ [Name in keyof StreamEvents]: (data: StreamEvents[Name]) => void }>,
): boolean {
  const [isLive, setLive] = useState(true)
  useEffect(() => {
    const events = new EventSource(`${paths.stream}${query}`)
    for (const [name, listener] of Object.entries(hear)) {
      events.addEventListener(name, (event) => listener(JSON.parse((event as MessageEvent<string>).data) as never))
    }
    events.addEventListener('open', () => setLive(true))
    events.addEventListener('error', () => setLive(false))
    return () => events.close()
    // Listeners are stable for a query; a new query is a new stream.
  }, [query])
  return isLive
}
