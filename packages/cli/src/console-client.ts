import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, PlimsollError } from '@plimsoll/core'
import type { ApiError } from '@plimsoll/console/contract'
import { checkHttpUrl, textOf, type Flag, type Input } from './command.ts'
import { defaultDataFolder } from './data-folder.ts'

/** The flags of every command that talks to a console. */
export const consoleFlags: Record<string, Flag> = {
  console: { value: 'URL', help: 'the console (default: PLIMSOLL_CONSOLE, else http://127.0.0.1:7700)' },
  data: {
    value: 'FOLDER',
    help: 'the console’s data folder, which holds the token (default: ~/.local/share/plimsoll)',
  },
  'token-file': { value: 'FILE', help: 'the admin token, when it lies elsewhere' },
}

/** An export of years takes its time. */
const timeoutMs = 60_000

/** The console does not answer, or refuses. */
export class ConsoleError extends PlimsollError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('PLIMSOLL_CLI_CONSOLE', message, options)
  }
}

/** A console of the version before called it otherwise. */
function adminTokenFile(folder: string): string {
  const [file, older] = [join(folder, 'admin-token'), join(folder, 'viewer-token')]
  return !existsSync(file) && existsSync(older) ? older : file
}

/** Asks a console's JSON interface. */
export class ConsoleClient {
  readonly #url: URL
  readonly #token: string
  readonly #tokenFile: string
  readonly #isForPrograms: boolean

  /** @throws {@link ConsoleError} when there is no token to show */
  constructor(input: Input, environment: NodeJS.ProcessEnv) {
    const url = textOf(input, 'console') ?? environment['PLIMSOLL_CONSOLE'] ?? 'http://127.0.0.1:7700'
    this.#url = checkHttpUrl('The console', url)
    this.#isForPrograms = input.flags.has('json')
    const folder = textOf(input, 'data') ?? defaultDataFolder(environment)
    this.#tokenFile = textOf(input, 'token-file') ?? adminTokenFile(folder)
    try {
      this.#token = readFileSync(this.#tokenFile, 'utf8').trim()
    } catch (error) {
      throw new ConsoleError(
        `The console’s token cannot be read: ${messageOf(error)}. Name the folder that the console printed when it started: --data=FOLDER`,
        { cause: error },
      )
    }
  }

  get<T>(path: string): Promise<T> {
    return this.#ask<T>('GET', path)
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#ask<T>('POST', path, JSON.stringify(body))
  }

  postText<T>(path: string, text: string): Promise<T> {
    return this.#ask<T>('POST', path, text, 'application/x-ndjson')
  }

  async delete(path: string): Promise<void> {
    await this.#send('DELETE', path)
  }

  async stream(path: string): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#send('GET', path)
    return body!
  }

  async #ask<T>(method: string, path: string, body?: string, type?: string): Promise<T> {
    // Written as JSON, an end of a line is two characters.
    return parseAnswer(await (await this.#send(method, path, body, type)).text(), this.#isForPrograms) as T
  }

  async #send(method: string, path: string, body?: string, type = 'application/json'): Promise<Response> {
    const response = await fetch(new URL(path, this.#url), {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': type }),
      },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: unknown) => {
      throw new ConsoleError(
        `No console answers at ${this.#url.origin} (${reasonOf(error)}). Start one with: plimsoll console; or say where it is: --console=URL`,
        {
          cause: error,
        },
      )
    })
    if (response.ok) return response
    if (response.status === 401) {
      throw new ConsoleError(
        `The console at ${this.#url.origin} does not know the token in ${this.#tokenFile}: is it another console’s?`,
      )
    }
    // Alertmanager's interface refuses with a bare text.
    const refusal = (await response
      .text()
      // Each fault of what was sent has a line of its own.
      .then((said) => parseAnswer(said, true))
      .catch(() => ({}))) as Partial<ApiError> | string
    const words = typeof refusal === 'string' ? refusal : refusal.message
    throw new ConsoleError(
      words ?? `The console at ${this.#url.origin} answered ${response.status} to ${method} ${path}.`,
    )
  }
}

/**
 * Whoever may send an alert writes what is printed here; with control characters he would command the terminal of whoever
 * is on call: clear it, rename it, fill its clipboard, turn its words around. With ends of lines he would write whole rows of a
 * list.
 */
function parseAnswer(text: string, keepsLines: boolean): unknown {
  const clean = (said: string) => {
    // eslint-disable-next-line no-control-regex -- these are what must not get through
    const shown = said.replace(/[\0-\x08\x0B-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g, '\uFFFD')
    return keepsLines ? shown : shown.replaceAll('\n', ' ')
  }
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value === 'string') return clean(value)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [clean(name), one as unknown]))
  })
}

/** `fetch` hides why it failed in the cause of its error. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = (cause as { code?: unknown }).code
  return typeof code === 'string' ? code : messageOf(cause)
}
