import type { ScriptFacts } from './inspector.ts'

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
  /** Open file descriptors, without the connections that clients keep; null where the system does not list them. */
  descriptorCount: number | null
  /** Requests this process has begun to answer, as Node's own diagnostics channel tells. */
  requestCount: number
  /** Of all that, what caches hold that announced themselves and keep a budget, as they account for it themselves. */
  cachedBytes: number
  /** What the forced collections took. */
  collectMs: number
  /** All of the process' CPU time so far. */
  cpuMs: number
  /** Of that, spent collecting garbage by itself. */
  gcMs: number
  /** How late the event loop was since the floor before: the 99th percentile. */
  loopDelayMsP99: number
}

/** V8 tells where the functions of a stack begin, not which of their lines ran. */
export interface SampledSite {
  stack: Frame[]
  /** What the innermost frame called of Node's own; null when it allocated itself. */
  leaf: string | null
  liveBytes: number
}

export interface Frame {
  script: string
  line: number
  column: number
  functionName: string
}

/** Functions of a script, by where they begin and end in its text, and which of them were called while it was traced. */
export interface RanScript {
  script: string
  functions: { from: number; to: number; hasRun: boolean }[]
}

/** Where a holder was written to while the trap was set. */
export interface WriteSite {
  stack: Frame[]
  callCount: number
  /** The method that was called: of the holder itself, else of an object on the way to it. */
  method: string
  isOfHolder: boolean
  /** Calls during which the holder grew, of those that were looked at. */
  grewCount: number
}

/** What to observe: a holder, and the objects on the way to it, by their ids in a heap snapshot. */
export interface TrapTarget {
  objectId: string
  wayIds: string[]
}

/** What can be read off a living object that holds what grows. */
export interface HolderFacts {
  kind: 'map' | 'set' | 'array' | 'object' | 'emitter' | 'other'
  className: string
  entryCount: number
  /** Numbers beside it that are named like a limit: `max`, `maxSize`, `capacity`. */
  limits: { name: string; value: number }[]
}

/** What a cache that announced itself holds, and its budget. */
export interface BudgetFacts {
  cacheName: string
  bytes: number
  budgetBytes: number
}

/** An object that keeps the entries of a cache, as that cache accounts for them (`CacheHandle.keeper`). */
export interface KeeperFacts extends BudgetFacts {
  /** Its id in heap snapshots. */
  objectId: string
}

export interface ProbeCalls {
  /** Ports it listens on. */
  ports: { parameters: null; result: number[] }
  floor: { parameters: { settleMs: number }; result: Floor }
  startSampling: { parameters: null; result: string | null }
  readSampling: { parameters: null; result: SampledSite[] }
  /** From here on allocations are sampled finely, in functions that are kept apart. Why it was refused, or null. */
  startTracing: { parameters: null; result: string | null }
  /** What was allocated since and is still alive, and what ran; samples as before from here on. */
  stopTracing: { parameters: null; result: { sites: SampledSite[]; ran: RanScript[] } }
  snapshot: {
    parameters: { file: string }
    result: { scripts: ScriptFacts[]; keepers: KeeperFacts[] }
  }
  describe: { parameters: { objectId: string; ownerId: string | null }; result: HolderFacts | null }
  /** `valueNames`: methods that are handed on as values, as far as sources tell; those are left alone. */
  trap: { parameters: { targets: TrapTarget[]; valueNames: string[] }; result: boolean[] }
  readTraps: { parameters: null; result: WriteSite[][] }
  /** Signals from this process to those are held back, until a moment after `release`. */
  spare: { parameters: { pids: number[] }; result: null }
  release: { parameters: null; result: null }
  /** Lets so much time pass at once: clocks go forward and timers go off. Answers how many. */
  forward: { parameters: { ms: number }; result: number }
  /** Empties the caches that announced themselves and keep a budget. Answers what they held. */
  emptyCaches: { parameters: null; result: BudgetFacts[] }
  /** Whether V8 may make faster code of what is called often. */
  setOptimizing: { parameters: { isOn: boolean }; result: null }
  /** Cheap: forces nothing. */
  usage: { parameters: null; result: Usage }
  /** Why it was refused, or null. */
  startCpuProfile: { parameters: null; result: string | null }
  stopCpuProfile: { parameters: null; result: CpuSite[] }
  startWaits: { parameters: null; result: null }
  stopWaits: { parameters: null; result: WaitSite[] }
}

/** What the process used so far. */
export interface Usage {
  requestCount: number
  cpuMs: number
  /** Of that, spent collecting garbage that nobody forced. */
  gcMs: number
  /** Time the event loop was not waiting for anything: on a machine that has no time it is longer than CPU time. */
  busyMs: number
  /** The rest of it. */
  idleMs: number
}

/** CPU time spent in one function of the service's own, or below it in what it called. */
export interface CpuSite {
  /** The innermost function outside of `node_modules`, else the innermost of a package; null when no JavaScript of either ran. */
  own: Frame | null
  /** The line of it that ran; null when something it called did. */
  ranLine: number | null
  /** What it called, when that ran: a function of a package or of Node, a built-in. */
  callee: string | null
  /** What ran in the end: `stringify`, `(garbage collector)`. */
  leaf: string
  selfMs: number
}

/** Time that passed between asking for something and being told. */
export interface WaitSite {
  /** The service's own frames, innermost first: where it asked, and who waits for that. */
  stack: Frame[]
  /** `PROMISE`, `Timeout`, `FSREQCALLBACK` … */
  type: string
  waitMs: number
  count: number
}
