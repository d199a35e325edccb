import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { ProbeCalls, ProbeHello } from '../probe/probe-protocol.ts'

/** One process of the service that loaded the probe. */
export interface Probe {
  readonly hello: ProbeHello
  readonly isGone: boolean
  /** @throws ProbeError when the process ends, refuses, or does not answer in time */
  call<Name extends keyof ProbeCalls>(
    name: Name,
    parameters: ProbeCalls[Name]['parameters'],
    withinMs?: number,
  ): Promise<ProbeCalls[Name]['result']>
}

export class ProbeError extends Error {
  readonly why: 'gone' | 'silent' | 'refused'

  constructor(why: 'gone' | 'silent' | 'refused', message: string) {
    super(message)
    this.why = why
  }
}

/** Where probes report: a socket in a folder only this user can open. */
export interface ProbeDesk {
  readonly path: string
  readonly folder: string
  /** Processes that reported and still live, in the order they came. */
  probes(): Probe[]
  close(): void
}

const CALL_TIMEOUT_MS = 30_000
const MAX_PROBES = 200
const MAX_LINE_CHARS = 64 * 1024 * 1024

export async function openProbeDesk(): Promise<ProbeDesk> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-soak-'))
  const path =
    process.platform === 'win32'
      ? `\\\\.\\pipe\\plimsoll-soak-${randomBytes(16).toString('hex')}`
      : join(folder, 'probe.sock')
  const lines = new Set<ProbeLine>()
  const server = createServer((socket) => {
    if (lines.size >= MAX_PROBES) return void socket.destroy()
    const line = new ProbeLine(socket, () => lines.delete(line))
    lines.add(line)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  return {
    path,
    folder,
    probes: () => [...lines].filter((line) => line.isReady),
    close() {
      for (const line of lines) line.close()
      server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Waiting {
  resolve(result: never): void
  reject(error: ProbeError): void
  timer: NodeJS.Timeout
}

class ProbeLine implements Probe {
  hello!: ProbeHello
  isReady = false
  isGone = false
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  #parts: string[] = []
  #heldChars = 0
  #nextId = 1

  constructor(socket: Socket, gone: () => void) {
    this.#socket = socket
    socket.setEncoding('utf8')
    socket.on('error', () => {})
    socket.on('data', (text: string) => this.#take(text))
    socket.on('close', () => {
      this.isGone = true
      gone()
      for (const { reject, timer } of this.#waiting.values()) {
        clearTimeout(timer)
        reject(new ProbeError('gone', 'the process ended'))
      }
      this.#waiting.clear()
    })
  }

  call<Name extends keyof ProbeCalls>(
    name: Name,
    parameters: ProbeCalls[Name]['parameters'],
    withinMs = CALL_TIMEOUT_MS,
  ): Promise<ProbeCalls[Name]['result']> {
    if (this.isGone) return Promise.reject(new ProbeError('gone', 'the process ended'))
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new ProbeError('silent', `its event loop did not answer within ${Math.round(withinMs / 1000)} s`))
      }, withinMs)
      this.#waiting.set(id, { resolve, reject, timer })
      this.#socket.write(`${JSON.stringify({ id, name, parameters })}\n`)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#parts.push(text)
    this.#heldChars += text.length
    if (this.#heldChars > MAX_LINE_CHARS) return void this.#socket.destroy()
    if (!text.includes('\n')) return
    const lines = this.#parts.join('').split('\n')
    const rest = lines.pop()!
    this.#parts = [rest]
    this.#heldChars = rest.length
    for (const line of lines) this.#read(line)
  }

  #read(line: string): void {
    const message = JSON.parse(line) as { hello?: ProbeHello; id?: number; result?: never; error?: string }
    if (message.hello) {
      this.hello = message.hello
      this.isReady = true
      return
    }
    const waiting = this.#waiting.get(message.id ?? 0)
    if (!waiting) return
    this.#waiting.delete(message.id!)
    clearTimeout(waiting.timer)
    if (message.error !== undefined) waiting.reject(new ProbeError('refused', message.error))
    else waiting.resolve(message.result!)
  }
}
