// Loaded into the service by NODE_OPTIONS=--import, before its own code. It changes nothing, keeps nothing alive and speaks only when it
// is asked: over one socket, to the soak that started the service. Imports nothing but Node's own modules.
import diagnostics from 'node:diagnostics_channel'
import { readdirSync } from 'node:fs'
import type { Session } from 'node:inspector'
import { connect } from 'node:net'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import v8 from 'node:v8'
import vm from 'node:vm'
import { isMainThread } from 'node:worker_threads'

import {
  probeVariable,
  type CpuFunction,
  type Floor,
  type Frame,
  type HolderFacts,
  type ProbeCalls,
  type ProbeHello,
  type SampledSite,
  type WriteSite,
} from './probe-protocol.ts'

/** One sample each so many bytes: fine enough to see 16 B a request after some ten thousand of them. */
const SAMPLING_BYTES = 32 * 1024
const MAX_FRAMES = 12
/** Collections for one floor, and the rest between them. */
const COLLECTIONS = 3
const REST_MS = 10
const SLOW_COLLECTIONS_MS = 150
const MAX_TRAPPED_CALLS = 200
const MAX_LINE_BYTES = 1024 * 1024

const path = process.env[probeVariable]
if (path && isMainThread) attach(path)

function attach(path: string): void {
  let requestCount = 0
  diagnostics.subscribe('http.server.request.start', () => void requestCount++)
  const gc = watchCollections()
  const delays = monitorEventLoopDelay({ resolution: 10 })
  delays.enable()
  const session = openSession()
  const collect = chooseCollector()
  const traps: Trap[] = []

  const answers: { [Name in keyof ProbeCalls]: (given: ProbeCalls[Name]['parameters']) => unknown } = {
    ports: () => listeningPorts(),
    floor: ({ settleMs }) => readFloor(settleMs),
    startSampling: () => tryPost(session, 'HeapProfiler.startSampling', { samplingInterval: SAMPLING_BYTES }),
    readSampling: () =>
      gatherSites((post(session, 'HeapProfiler.getSamplingProfile') as { profile: HeapProfile }).profile),
    snapshot({ file }) {
      v8.writeHeapSnapshot(file, { exposeNumericValues: true } as v8.HeapSnapshotOptions)
      return { scripts: readScripts(session) }
    },
    describe({ objectId, ownerId }) {
      const holder = takeObject(session, objectId)
      return holder === null ? null : describe(holder, ownerId === null ? null : takeObject(session, ownerId))
    },
    trap({ objectIds }) {
      for (const trap of traps.splice(0)) trap.remove()
      traps.push(...objectIds.map((id) => placeTrap(takeObject(session, id))))
      return traps.map((trap) => trap.isPlaced)
    },
    readTraps() {
      const seen = traps.map((trap) => trap.read())
      for (const trap of traps.splice(0)) trap.remove()
      return seen
    },
    startCpuProfile() {
      const refusal =
        tryPost(session, 'Profiler.enable', {}) ?? tryPost(session, 'Profiler.setSamplingInterval', { interval: 1000 })
      return refusal ?? tryPost(session, 'Profiler.start', {})
    },
    stopCpuProfile: () => gatherFunctions((post(session, 'Profiler.stop') as { profile: CpuProfile }).profile),
  }

  async function readFloor(settleMs: number): Promise<Floor> {
    // Promises, streams and sockets end a turn or two after the last answer was sent.
    await new Promise((resolve) => setTimeout(resolve, settleMs))
    const loopDelayMsP99 = delays.percentile(99) / 1e6
    const gcMs = gc.totalMs()
    const began = performance.now()
    let least: { used: number; code: number } | null = null
    let memory = process.memoryUsage()
    for (let round = 0; round < COLLECTIONS; round++) {
      // Where collecting is slow, two have to do.
      if (round === 2 && performance.now() - began > SLOW_COLLECTIONS_MS) break
      collect()
      // What finalizers and weak references let go of goes with the next one; a compilation under way holds things for a moment.
      await (round === 0 ? turn() : new Promise((resolve) => setTimeout(resolve, REST_MS)))
      const used = v8.getHeapStatistics().used_heap_size
      if (round > 0 && used >= (least?.used ?? Infinity)) continue
      const code = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'code_space')
      least = { used, code: code?.space_used_size ?? 0 }
      memory = process.memoryUsage()
    }
    const collectMs = performance.now() - began
    const { rss, external, heapTotal } = memory
    const { malloced_memory: malloced } = v8.getHeapStatistics()
    const { user, system } = process.cpuUsage()
    delays.reset()
    return {
      heapBytes: least!.used - least!.code,
      externalBytes: external,
      rssBytes: rss,
      nativeBytes: rss - heapTotal - external - malloced,
      descriptorCount: countDescriptors(),
      requestCount,
      collectMs,
      cpuMs: (user + system) / 1000,
      gcMs,
      loopDelayMsP99,
    }
  }

  const socket = connect(path)
  socket.unref()
  socket.on('error', () => {})
  const send = (message: unknown): void => void socket.write(`${JSON.stringify(message)}\n`)
  const hello: ProbeHello = {
    pid: process.pid,
    parentPid: process.ppid,
    nodeVersion: process.version,
    script: process.argv[1] ?? '',
    hasInspector: session !== null,
    heapLimitBytes: v8.getHeapStatistics().heap_size_limit,
  }
  socket.once('connect', () => send({ hello }))
  // The soak has gone, however it went: what it started must not stay behind.
  socket.once('connect', () => socket.once('close', () => endService()))
  let held = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    held += text
    if (held.length > MAX_LINE_BYTES) return void socket.destroy()
    for (let end = held.indexOf('\n'); end >= 0; end = held.indexOf('\n')) {
      const line = held.slice(0, end)
      held = held.slice(end + 1)
      void answer(line)
    }
  })

  async function answer(line: string): Promise<void> {
    let id = 0
    try {
      const call = JSON.parse(line) as { id: number; name: keyof ProbeCalls; parameters: never }
      id = call.id
      send({ id, result: (await answers[call.name](call.parameters)) ?? null })
    } catch (error) {
      send({ id, error: error instanceof Error ? error.message : String(error) })
    }
  }
}

function endService(): void {
  process.kill(process.pid, 'SIGTERM')
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 3000)
}

/** Time spent on collections that nobody forced. */
function watchCollections(): { totalMs(): number } {
  let total = 0
  // Forced collections are flagged as such (8: V8's kGCCallbackFlagForced is 4, all available garbage is 16).
  const note = (entries: readonly (typeof PerformanceEntry.prototype)[]): void => {
    for (const entry of entries) {
      const { flags = 0 } = (entry as typeof PerformanceEntry.prototype & { detail?: { flags?: number } }).detail ?? {}
      if ((flags & (4 | 16)) === 0) total += entry.duration
    }
  }
  try {
    const observer = new PerformanceObserver((list) => note(list.getEntries()))
    observer.observe({ entryTypes: ['gc'] })
    return {
      totalMs() {
        note(observer.takeRecords())
        return total
      },
    }
  } catch {
    return { totalMs: () => 0 }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A session on this very thread: no port is opened. Null where the inspector is not built in or not allowed. */
function openSession(): Session | null {
  try {
    const inspector = process.getBuiltinModule('node:inspector')
    const session = new inspector.Session()
    session.connect()
    return session
  } catch {
    return null
  }
}

/**
 * A full collection, as `gc()` does it. What the inspector offers is for memory pressure: it throws compiled code away as well, which then
 * comes back bit by bit and looks like growth. For the same reason bytecode of functions that were not called lately is kept.
 */
function chooseCollector(): () => void {
  v8.setFlagsFromString('--no-flush-bytecode')
  v8.setFlagsFromString('--expose-gc')
  return vm.runInNewContext('gc') as () => void
}

/** A session on its own thread answers before `post` returns. */
function post(session: Session | null, method: string, parameters: object = {}): unknown {
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
function tryPost(session: Session | null, method: string, parameters: object): string | null {
  try {
    post(session, method, parameters)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function listeningPorts(): number[] {
  const handles = (process as { _getActiveHandles?: () => unknown[] })._getActiveHandles?.() ?? []
  return handles.flatMap((handle) => {
    const server = handle as { listening?: boolean; address?: () => { port?: number } | string | null }
    if (server.listening !== true || typeof server.address !== 'function') return []
    const address = server.address()
    return typeof address === 'object' && typeof address?.port === 'number' ? [address.port] : []
  })
}

function countDescriptors(): number | null {
  for (const folder of ['/proc/self/fd', '/dev/fd']) {
    try {
      return readdirSync(folder).length
    } catch {
      // The other one, or none.
    }
  }
  return null
}

/** V8 tells where scripts come from only to a debugger: enabled and disabled within this call, no statement runs under it. */
function readScripts(session: Session | null): [string, string][] {
  if (!session) return []
  const scripts: [string, string][] = []
  const note = ({ params }: { params: { scriptId: string; url: string } }): void =>
    void scripts.push([params.scriptId, params.url])
  session.on('Debugger.scriptParsed', note)
  try {
    post(session, 'Debugger.enable', { maxScriptsCacheSize: 0 })
  } finally {
    post(session, 'Debugger.disable')
    session.off('Debugger.scriptParsed', note)
  }
  return scripts.filter(([, url]) => url !== '')
}

const exchangeKey = Symbol.for('plimsoll.soak.exchange')

/** From an id in a snapshot to the object itself; null when it is gone. */
function takeObject(session: Session | null, objectId: string): object | null {
  const host = globalThis as { [exchangeKey]?: { taken: unknown } }
  const exchange: { taken: unknown } = { taken: null }
  Object.defineProperty(host, exchangeKey, { value: exchange, configurable: true, enumerable: false })
  try {
    const { result } = post(session, 'HeapProfiler.getObjectByHeapObjectId', {
      objectId,
      objectGroup: 'plimsoll',
    }) as { result: { objectId?: string } }
    post(session, 'Runtime.callFunctionOn', {
      objectId: result.objectId,
      functionDeclaration: `function () { globalThis[Symbol.for('plimsoll.soak.exchange')].taken = this }`,
      silent: true,
    })
    return typeof exchange.taken === 'object' || typeof exchange.taken === 'function' ? exchange.taken : null
  } catch {
    return null
  } finally {
    tryPost(session, 'Runtime.releaseObjectGroup', { objectGroup: 'plimsoll' })
    Reflect.deleteProperty(host, exchangeKey)
  }
}

const limitName =
  /^_?#?(?:max|maximum|limit|cap|capacity|bound|size|maxsize|maxentries|maxkeys|maxlength|maxitems|max_?\w*|\w*limit|\w*capacity)$/i

function describe(holder: object, owner: object | null): HolderFacts {
  const kind = kindOf(holder)
  const limits = [holder, ...(owner ? [owner] : [])].flatMap((object) =>
    [...Object.keys(object).slice(0, 200), ...accessorNames(object)].flatMap((name) => {
      if (!limitName.test(name)) return []
      const value = readNumber(object, name)
      return value !== null && value > 0 && Number.isFinite(value) ? [{ name, value }] : []
    }),
  )
  return {
    kind,
    className: holder.constructor?.name ?? '',
    entryCount: countEntries(holder, kind),
    limits: limits.slice(0, 20),
  }
}

/** Getters of a class: what lru-cache and its like call `max`. */
function accessorNames(object: object): string[] {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (typeof prototype !== 'object' || prototype === null || prototype === Object.prototype) return []
  return Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([, { get }]) => get !== undefined)
    .map(([name]) => name)
}

function readNumber(object: object, name: string): number | null {
  try {
    const value: unknown = (object as Record<string, unknown>)[name]
    return typeof value === 'number' ? value : null
  } catch {
    return null
  }
}

function kindOf(value: object): HolderFacts['kind'] {
  if (value instanceof Map) return 'map'
  if (value instanceof Set) return 'set'
  if (Array.isArray(value)) return 'array'
  if (typeof (value as { emit?: unknown }).emit === 'function') return 'emitter'
  return typeof value === 'object' ? 'object' : 'other'
}

function countEntries(value: object, kind: HolderFacts['kind']): number {
  if (kind === 'map') return (value as Map<unknown, unknown>).size
  if (kind === 'set') return (value as Set<unknown>).size
  if (kind === 'array') return (value as unknown[]).length
  return Object.keys(value).length
}

interface Trap {
  isPlaced: boolean
  read(): WriteSite[]
  remove(): void
}

type Method = (...args: unknown[]) => unknown
const writers: Record<HolderFacts['kind'], readonly string[]> = {
  map: ['set'],
  set: ['add'],
  array: ['push', 'unshift', 'splice'],
  emitter: ['on', 'addListener', 'once', 'prependListener', 'push', 'set', 'add'],
  object: [],
  other: [],
}

/** Puts an observing method before the real one, on this one object: the stack tells who writes. Nothing of what is written is kept. */
function placeTrap(object: object | null): Trap {
  const sites = new Map<string, WriteSite>()
  const placed: string[] = []
  let left = MAX_TRAPPED_CALLS
  for (const name of object ? writers[kindOf(object)] : []) {
    const real = (object as Record<string, unknown>)[name]
    if (typeof real !== 'function' || !Object.isExtensible(object) || Object.hasOwn(object!, name)) continue
    const observing: Method = function (this: unknown, ...args: unknown[]): unknown {
      if (left-- > 0) noteStack(sites, observing)
      return Reflect.apply(real, this, args)
    }
    if (Reflect.defineProperty(object!, name, { value: observing, configurable: true, writable: true }))
      placed.push(name)
  }
  return {
    isPlaced: placed.length > 0,
    read: () => [...sites.values()].sort((left, right) => right.callCount - left.callCount),
    remove() {
      for (const name of placed.splice(0)) Reflect.deleteProperty(object!, name)
    },
  }
}

function noteStack(sites: Map<string, WriteSite>, above: Method): void {
  try {
    const stack = readStack(above)
    const key = stack.map(({ script, line, column }) => `${script}:${line}:${column}`).join(' ')
    const known = sites.get(key)
    if (known) known.callCount++
    else if (stack.length > 0 && sites.size < 50) sites.set(key, { stack, callCount: 1 })
  } catch {
    // The write itself is what counts.
  }
}

/** The host's frames of the present call, innermost first, as they were compiled. The host's own settings are put back. */
function readStack(above: Method): Frame[] {
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

const ownFolder = import.meta.url.slice(0, import.meta.url.lastIndexOf('/') + 1)
function isHost({ script }: { script: string }): boolean {
  return script !== '' && !script.startsWith('node:') && !script.startsWith(ownFolder)
}

interface CallFrame {
  functionName: string
  url: string
  lineNumber: number
  columnNumber: number
}
interface HeapProfile {
  head: HeapNode
}
interface HeapNode {
  callFrame: CallFrame
  selfSize: number
  children: HeapNode[]
}

/** Bytes alive by the host's part of the stack that asked for them. */
function gatherSites({ head }: HeapProfile): SampledSite[] {
  const sites = new Map<string, SampledSite>()
  const pending: { node: HeapNode; above: readonly Frame[] }[] = [{ node: head, above: [] }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const frame = toFrame(next.node.callFrame)
    const stack = isHost(frame) ? [frame, ...next.above].slice(0, MAX_FRAMES) : next.above
    if (next.node.selfSize > 0) {
      const key = stack.map(({ script, line, column }) => `${script}:${line}:${column}`).join(' ')
      const known = sites.get(key)
      if (known) known.liveBytes += next.node.selfSize
      else sites.set(key, { stack: [...stack], liveBytes: next.node.selfSize })
    }
    for (const child of next.node.children) pending.push({ node: child, above: stack })
  }
  return [...sites.values()].sort((left, right) => right.liveBytes - left.liveBytes).slice(0, 300)
}

function toFrame({ functionName, url, lineNumber, columnNumber }: CallFrame): Frame {
  return { script: url, line: lineNumber + 1, column: columnNumber + 1, functionName }
}

interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame; children?: number[] }[]
  samples?: number[]
  timeDeltas?: number[]
}

function gatherFunctions({ nodes, samples = [], timeDeltas = [] }: CpuProfile): CpuFunction[] {
  const parents = new Map<number, number>()
  for (const { id, children = [] } of nodes) for (const child of children) parents.set(child, id)
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const callerOf = (id: number): CpuFunction['caller'] => {
    for (let above = parents.get(id); above !== undefined; above = parents.get(above)) {
      const frame = toFrame(byId.get(above)!.callFrame)
      if (isHost(frame)) return { functionName: frame.functionName, script: frame.script, line: frame.line }
    }
    return null
  }
  const functions = new Map<string, CpuFunction>()
  samples.forEach((id, index) => {
    const node = byId.get(id)
    if (!node) return
    const frame = toFrame(node.callFrame)
    const caller = isHost(frame) ? null : callerOf(id)
    const key = `${frame.functionName} ${frame.script} ${frame.line} ${caller?.script} ${caller?.line}`
    const selfMs = (timeDeltas[index] ?? 0) / 1000
    const known = functions.get(key)
    if (known) known.selfMs += selfMs
    else
      functions.set(key, { functionName: frame.functionName, script: frame.script, line: frame.line, selfMs, caller })
  })
  return [...functions.values()].sort((left, right) => right.selfMs - left.selfMs).slice(0, 400)
}
