import { spawn, type ChildProcess } from 'node:child_process'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { createServer } from 'node:net'

import { formatDuration } from '@plimsoll/core'

import { SoakInvalidError } from '../errors.ts'
import { openProbeDesk, type Probe, type ProbeDesk } from './probe-desk.ts'
import { probeVariable } from '../probe/probe-protocol.ts'

export interface SubjectOptions {
  /** As typed into a shell: `node server.js`, `npm start`. */
  command: string
  cwd: string
  environment?: Readonly<Record<string, string>>
  /** Asked until it is answered with anything below 500. */
  readyPath: string
  readyWithinMs: number
  abortSignal?: AbortSignal | undefined
}

/** A service that was started for a soak, ready to be asked. */
export interface Subject {
  readonly origin: string
  readonly startedInMs: number
  /** What the user should know: it listens elsewhere than it was told to. */
  readonly notes: readonly string[]
  /** The processes that answer requests. */
  readonly probes: () => Probe[]
  readonly folder: string
  /** Set once the process that was started has ended. */
  readonly ended: () => Ending | null
  /** The last lines it wrote. */
  lastWords(): string
  /** Ends it and everything it started. */
  stop(): Promise<void>
}

export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
}

const POLL_MS = 50
/** Databases want a moment to write down what they hold. */
const STOP_WITHIN_MS = 10_000
const MAX_WORDS = 8192

/**
 * Starts a service with `PORT` and the probe, and waits until it answers.
 * @throws SoakInvalidError when it ends before, or is not ready in time: with what it said last
 */
export async function startSubject(options: SubjectOptions): Promise<Subject> {
  const desk = await openProbeDesk()
  const port = await findFreePort()
  const service = launch(options, desk, port)
  const startedAtMs = performance.now()
  try {
    const found = await awaitReady(service, desk, options, port)
    return {
      origin: found.origin,
      startedInMs: performance.now() - startedAtMs,
      notes: found.notes,
      folder: desk.folder,
      probes: () => desk.probes(),
      ended: () => service.ended,
      lastWords: () => service.words,
      stop: () => stopAll(service, desk),
    }
  } catch (error) {
    await stopAll(service, desk)
    throw error
  }
}

interface Service {
  child: ChildProcess
  ended: Ending | null
  failure: string | null
  words: string
}

function launch({ command, cwd, environment }: SubjectOptions, desk: ProbeDesk, port: number): Service {
  const probeUrl = new URL('../probe/probe.js', import.meta.url).href
  const child = spawn(command, {
    cwd,
    shell: true,
    // A group of its own, so that whatever the command starts can be ended with it.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...environment,
      PORT: String(port),
      NODE_OPTIONS: [process.env['NODE_OPTIONS'], `--import=${probeUrl}`].filter(Boolean).join(' '),
      [probeVariable]: desk.path,
    },
  })
  const service: Service = { child, ended: null, failure: null, words: '' }
  const hear = (chunk: Buffer): void => void (service.words = (service.words + chunk.toString()).slice(-MAX_WORDS))
  child.stdout!.on('data', hear)
  child.stderr!.on('data', hear)
  child.once('error', (error) => (service.failure = error.message))
  child.once('exit', (code, signal) => (service.ended = { code, signal }))
  return service
}

async function awaitReady(
  service: Service,
  desk: ProbeDesk,
  { command, readyPath, readyWithinMs, abortSignal }: SubjectOptions,
  port: number,
): Promise<{ origin: string; notes: string[] }> {
  const deadlineMs = performance.now() + readyWithinMs
  let lastStatus: number | null = null
  let hasAccepted = false
  while (performance.now() < deadlineMs) {
    abortSignal?.throwIfAborted()
    if (service.failure !== null) throw new SoakInvalidError(`"${command}" could not be started: ${service.failure}`)
    if (service.ended) throw new SoakInvalidError(describeEarlyEnd(command, service))
    for (const origin of await candidateOrigins(desk, port)) {
      const status = await ask(origin, readyPath, Math.min(5000, deadlineMs - performance.now()))
      hasAccepted ||= status !== 'refused'
      if (typeof status !== 'number') continue
      lastStatus = status
      if (status >= 500) continue
      const actual = Number(new URL(origin).port)
      return {
        origin,
        notes: actual === port ? [] : [`it listens on port ${actual} and not on PORT=${port}, as it was told`],
      }
    }
    await pause(POLL_MS)
  }
  throw new SoakInvalidError(describeNeverReady(service, desk, port, readyPath, readyWithinMs, lastStatus, hasAccepted))
}

/** Where it was told to listen, and where it listens when it does not listen to that. */
async function candidateOrigins(desk: ProbeDesk, port: number): Promise<string[]> {
  const ports = [port]
  for (const probe of desk.probes()) {
    const own = await probe.call('ports', null, 2000).catch(() => [])
    ports.push(...own.filter((other) => !ports.includes(other)))
  }
  return ports.flatMap((number) => [
    `http://127.0.0.1:${number}`,
    `http://[::1]:${number}`,
    `https://127.0.0.1:${number}`,
  ])
}

function ask(origin: string, path: string, withinMs: number): Promise<number | 'refused' | 'silent' | 'no-http'> {
  return new Promise((resolve) => {
    const send = origin.startsWith('https:') ? requestTls : request
    const asked = send(origin + path, { agent: false, rejectUnauthorized: false, timeout: Math.max(1, withinMs) })
    asked.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.once('timeout', () => {
      asked.destroy()
      resolve('silent')
    })
    asked.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'no-http'),
    )
    asked.end()
  })
}

function describeEarlyEnd(command: string, { ended, words }: Service): string {
  const how = ended!.signal ? `was ended by ${ended!.signal}` : `ended with exit code ${ended!.code}`
  const taken = /EADDRINUSE[^\n]*?(?::(\d+))?\s*$/m.exec(words)
  const why = taken
    ? ` The port it wants${taken[1] ? ` (${taken[1]})` : ''} is taken. Let it listen on process.env.PORT, or end what listens there.`
    : ended!.code === 127
      ? ' The command was not found.'
      : ''
  return `"${command}" ${how} before it was ready.${why}${quote(words)}`
}

function describeNeverReady(
  { words }: Service,
  desk: ProbeDesk,
  port: number,
  readyPath: string,
  readyWithinMs: number,
  lastStatus: number | null,
  hasAccepted: boolean,
): string {
  const limit = formatDuration(readyWithinMs)
  if (lastStatus !== null)
    return `GET ${readyPath} was answered with status ${lastStatus} for ${limit}: it answers only errors and is never ready.${quote(words)}`
  if (hasAccepted)
    return `It accepts connections but has not answered GET ${readyPath} within ${limit}: it hangs.${quote(words)}`
  const isNode = desk.probes().length > 0
  const hint = isNode
    ? 'Let it listen on process.env.PORT; --ready-within 2m waits longer.'
    : 'No Node process has started either: is the command right?'
  return `Nothing listens on port ${port} after ${limit}: it is never ready. ${hint}${quote(words)}`
}

/** The last lines it wrote, indented. */
export function quote(words: string): string {
  const all = words.trimEnd().split('\n')
  // What Node prints after an error is longer than the error.
  const told = all.findLastIndex((line) => /^\s*(?:\w*Error|FATAL ERROR)\b.*:/.test(line))
  const lines = told >= 0 ? all.slice(told, told + 4) : all.slice(-6)
  return lines.join('') === ''
    ? ' It wrote nothing.'
    : ` It wrote last:\n${lines.map((line) => `  ${line.slice(0, 300)}`).join('\n')}`
}

async function stopAll(service: Service, desk: ProbeDesk): Promise<void> {
  signalGroup(service.child, 'SIGTERM')
  const deadlineMs = performance.now() + STOP_WITHIN_MS
  while (isGroupAlive(service) && performance.now() < deadlineMs) await pause(20)
  signalGroup(service.child, 'SIGKILL')
  desk.close()
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch {
    // Nobody of the group is left.
  }
}

function isGroupAlive({ child, ended }: Service): boolean {
  if (process.platform === 'win32' || child.pid === undefined) return ended === null
  try {
    process.kill(-child.pid, 0)
    return true
  } catch {
    return false
  }
}

export async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
