/** What soak asks of the probe inside the service. Messages are lines of JSON over a socket in a folder only this user can open. */
export const probeVariable = 'PLIMSOLL_SOAK_PROBE'

/** The probe's first line. */
export interface ProbeHello {
  pid: number
  parentPid: number
  nodeVersion: string
  script: string
  hasInspector: boolean
  heapLimitBytes: number
}

/** Memory right after a full collection, and what else is held open. */
export interface Floor {
  /** JavaScript heap in use, without machine code: that comes with warming up and goes with deoptimising. */
  heapBytes: number
  /** Bytes outside of the heap that V8 knows of: buffers, and what native objects announced. */
  externalBytes: number
  rssBytes: number
  /** What the kernel charges beyond heap and external: allocators, native libraries, code. */
  nativeBytes: number
  /** Open file descriptors; null where the system does not list them. */
  descriptorCount: number | null
  /** Requests this process has begun to answer, as Node's own diagnostics channel tells. */
  requestCount: number
  /** What the forced collections took. */
  collectMs: number
  /** All of the process' CPU time so far. */
  cpuMs: number
  /** Of that, spent collecting garbage by itself. */
  gcMs: number
  /** How late the event loop was since the floor before: the 99th percentile. */
  loopDelayMsP99: number
}

export interface SampledSite {
  stack: Frame[]
  liveBytes: number
}

export interface Frame {
  script: string
  line: number
  column: number
  functionName: string
}

/** Where a holder was written to while the trap was set. */
export interface WriteSite {
  stack: Frame[]
  callCount: number
}

/** What can be read off a living object that holds what grows. */
export interface HolderFacts {
  kind: 'map' | 'set' | 'array' | 'object' | 'emitter' | 'other'
  className: string
  entryCount: number
  /** Numbers beside it that are named like a limit: `max`, `maxSize`, `capacity`. */
  limits: { name: string; value: number }[]
}

export interface ProbeCalls {
  /** Ports it listens on. */
  ports: { parameters: null; result: number[] }
  floor: { parameters: { settleMs: number }; result: Floor }
  startSampling: { parameters: null; result: string | null }
  readSampling: { parameters: null; result: SampledSite[] }
  snapshot: { parameters: { file: string }; result: { scripts: [id: string, url: string][] } }
  describe: { parameters: { objectId: string; ownerId: string | null }; result: HolderFacts | null }
  trap: { parameters: { objectIds: string[] }; result: boolean[] }
  readTraps: { parameters: null; result: WriteSite[][] }
  startCpuProfile: { parameters: null; result: string | null }
  stopCpuProfile: { parameters: null; result: CpuFunction[] }
}

/** CPU time of one function, by its own samples. */
export interface CpuFunction {
  functionName: string
  script: string
  line: number
  selfMs: number
  /** The innermost function of the host's that called it, when it is none itself: who is to blame for `(garbage collector)` or a built-in. */
  caller: { functionName: string; script: string; line: number } | null
}
