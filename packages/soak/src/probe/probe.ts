// Loaded into the service by NODE_OPTIONS=--import, before its own code. It changes nothing, keeps nothing alive and speaks only when it
// is asked: over one socket, to the soak that started the service. Imports nothing but Node's own modules.
import diagnostics from 'node:diagnostics_channel'
import { connect } from 'node:net'
import v8 from 'node:v8'
import { isMainThread } from 'node:worker_threads'

import { AllocationSampler } from './allocation.ts'
import { watchCaches } from './caches.ts'
import { gatherCpu, type CpuProfile } from './cpu.ts'
import { FastForward } from './fast-forward.ts'
import { createGauge } from './floor.ts'
import { countClients, listeningPorts } from './handles.ts'
import { describe, takeObject, takeObjects } from './holder.ts'
import { openSession, post, readScripts, tryPost } from './inspector.ts'
import { probeVariable, type ProbeCalls, type ProbeHello } from './probe-protocol.ts'
import { setOptimizing } from './optimizing.ts'
import { Sparing } from './spare.ts'
import { Tracing } from './tracing.ts'
import { placeTrap, type Trap } from './trap.ts'
import { watchWaits, type WaitWatch } from './waits.ts'

const CPU_SAMPLING_MICROS = 500
const MAX_LINE_BYTES = 1024 * 1024

const path = process.env[probeVariable]
if (path && isMainThread) attach(path)

function attach(path: string): void {
  let requestCount = 0
  diagnostics.subscribe('http.server.request.start', () => void requestCount++)
  const caches = watchCaches()
  const session = openSession()
  const gauge = createGauge({
    requestCount: () => requestCount,
    clientCount: countClients,
    cachedBytes: caches.heldBytes,
  })
  const traps: Trap[] = []
  const sampler = new AllocationSampler(session)
  const tracing = new Tracing(session, sampler)
  const sparing = new Sparing()
  const time = new FastForward()
  let waits: WaitWatch | null = null

  const answers: { [Name in keyof ProbeCalls]: (given: ProbeCalls[Name]['parameters']) => unknown } = {
    ports: () => listeningPorts(),
    floor: ({ settleMs }) => gauge.readFloor(settleMs),
    usage: () => gauge.readUsage(),
    startSampling: () => sampler.start(),
    readSampling: () => sampler.read(),
    startTracing: () => tracing.start(),
    stopTracing: () => tracing.stop(),
    snapshot({ file }) {
      v8.writeHeapSnapshot(file, { exposeNumericValues: true } as v8.HeapSnapshotOptions)
      return { scripts: readScripts(session), keepers: caches.readKeepers(session) }
    },
    describe({ objectId, ownerId }) {
      const holder = takeObject(session, objectId)
      return holder === null ? null : describe(holder, ownerId === null ? null : takeObject(session, ownerId))
    },
    trap({ targets, valueNames }) {
      const spared = new Set(valueNames)
      for (const trap of traps.splice(0)) trap.remove()
      for (const { objectId, wayIds } of targets) {
        const way = takeObjects(session, wayIds)
        traps.push(placeTrap(takeObject(session, objectId), way, spared))
      }
      return traps.map((trap) => trap.isPlaced)
    },
    readTraps() {
      const seen = traps.map((trap) => trap.read())
      for (const trap of traps.splice(0)) trap.remove()
      return seen
    },
    spare: ({ pids }) => sparing.spare(pids),
    release: () => sparing.release(),
    forward: ({ ms }) => time.pass(session, ms),
    emptyCaches: () => caches.empty(),
    setOptimizing: ({ isOn }) => setOptimizing(isOn),
    startCpuProfile: () =>
      tryPost(session, 'Profiler.enable', {}) ??
      tryPost(session, 'Profiler.setSamplingInterval', { interval: CPU_SAMPLING_MICROS }) ??
      tryPost(session, 'Profiler.start', {}),
    stopCpuProfile: () => gatherCpu((post(session, 'Profiler.stop') as { profile: CpuProfile }).profile),
    startWaits() {
      waits?.stop()
      waits = watchWaits()
    },
    stopWaits() {
      const seen = waits?.stop() ?? []
      waits = null
      return seen
    },
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
