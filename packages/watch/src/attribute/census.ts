import { types } from 'node:util'
import type { Clock } from '@plimsoll/core'
import { countOf, kindOf, oldestValueOf, weighEntry, type CollectionKind } from './collection.ts'
import { deadlineSince } from './deadline.ts'
import type { CaughtFrame } from './frame-catcher.ts'
import { Oldest } from './oldest.ts'
import type { Weight } from './weigh.ts'
import { Walk, WalkMemory, walkLimits, type FoundCollection, type Root } from './walk.ts'
import type { ScopeReader } from './scope-reader.ts'

/** A collection of the host's, as the census tells of it. */
export interface Holder {
  /** The same collection has the same id for as long as the process lives. */
  id: number
  kind: CollectionKind
  path: string
  /** URL or path of the script whose variable the path begins with; null when unknown. */
  script: string | null
  count: number
  /** It lets go of its oldest entries, or of many at once: it has, and has not stopped doing so. */
  hasLetGo: boolean
  /** When its oldest entry should go by its own word, in epoch ms; null when it says nothing. */
  deadlineMs: number | null
  /** A number beside it that is named like a limit. */
  bound: number | null
  /** Whoever changes it makes it anew, without what he leaves out; absent in old recordings. */
  isReplaced?: boolean
  /** Heap an entry keeps, estimated; null for an empty collection. */
  entryBytes: number | null
  /** The same of buffers outside of the heap. */
  entryExternalBytes: number | null
}

export interface CensusReport {
  atMs: number
  requestTotal: number
  holders: Holder[]
}

export interface CensusOptions {
  clock: Clock
  nowMs(): number
  requestTotal(): number
  roots(): Root[]
  /** Objects whose growth is known by other means and ends: caches that keep to a budget. */
  accountedFor?(): Iterable<object>
  /** Null where the inspector is not to be had; the census then sees exports and globals only. */
  openReader(): { reader: ScopeReader; close(): void } | null
  /** Scripts of ours, which are not the host's. */
  isOurs(script: string): boolean
  guard(act: () => void): () => void
}

interface Known {
  id: number
  kind: CollectionKind
  path: string
  scriptId: string | null
  /** Where a successor would be found; null for what can have none. */
  place: string | null
  collection: WeakRef<object>
  owner: WeakRef<object> | null
  /** The owner's field that holds it: whoever takes its place is read there between two walks, too. Null before it was seen replaced. */
  field: string | symbol | null
  definedBy: WeakRef<object> | null
  /** One that rises with the count is none, and is told no more. */
  bound: number | null
  boundBeside: number | null
  isBoundMoving: boolean
  /** Another stood in its place: `list = [...list, item]`. A variable's or a private field's successor is met by a walk only. */
  isReplaced: boolean
  isCounted: boolean
  seenAtWalk: number
  firstCount: number
  count: number
  /** Counts in a row that said the same, as long as it has not grown. */
  stillCount: number
  /** Most entries of late. */
  peakCount: number
  peakAtMs: number
  oldest: Oldest
  oldestSinceMs: number
  /** The longest time after which one of the oldest entries left; −1 when none ever did. */
  longestLifeMs: number
  droppedAtMs: number
  deadlineMs: number | null
  entry: Weight | null
  weighedAtMs: number
}

/** A variable that was seen when a function was called. */
interface CaughtVariable {
  ref: WeakRef<object>
  path: string
  scriptId: string
}

const MAX_CAUGHT_OF_SCOPE = 100
const MAX_CAUGHT = 400
/** Collections known at a time. */
const MAX_KNOWN = 3000
/** Walks that one may be missing in before it counts as gone: what is made anew at each change has a successor when the next comes. */
const MAX_MISSED_WALKS = 2
/** Collections of one name and place that are kept apart: those of several instances of a factory. */
const MAX_SIBLINGS = 8
const MAX_PATH_LENGTH = 200
/** Growing collections told in a report. */
const MAX_TOLD = 30
/** Growth in entries below which a collection is not told. */
const MIN_GROWTH = 8
/** The walk works this long at a time, and lets the host work this long in between. */
const SLICE_MS = 3
const REST_MS = 20
/** … and for this long in all: the next walk gets further, since it remembers. */
const MAX_WORK_MS = 1000
/** … and by the wall's clock: on a machine that has no time for us a walk may take minutes. */
const MAX_WALK_MS = 10_000
/** After so many equal counts a collection is counted only every so manieth time. */
const MIN_STILL = 3
const STILL_EVERY = 4
const WEIGH_EVERY_MS = 10_000
/** How often the list of scripts is read in a process's life. */
const MAX_LISTS = 12
/** Who let go after some time is believed to do it again for three times as long, and for a minute at least. */
const PATIENCE = 3
const MIN_PATIENCE_MS = 60_000
/** A loss of this part of the entries is a letting go, whichever they were; remembered for so long. */
const DROP_SHARE = 0.25
const DROP_MEMORY_MS = 600_000
const PEAK_MEMORY_MS = 120_000
/** Keys of a huge object are listed by copying them: then only now and then. */
const HUGE_OBJECT = 20_000

/** Knows the host's collections, weakly, and how they grow. */
export class Census {
  readonly #options: CensusOptions
  readonly #known = new Map<number, Known>()
  readonly #ids = new WeakMap<object, number>()
  readonly #owners = new WeakMap<object, number>()
  readonly #byPlace = new Map<string, number[]>()
  readonly #memory = new WalkMemory()
  #scripts: Map<string, string> | null = null
  #isListStale = false
  #listCount = 0
  #nextId = 1
  #isWalking = false
  #measureCount = 0
  #walkCount = 0
  #reachedScripts: ReadonlySet<string> = new Set()
  #caught: CaughtVariable[] = []

  constructor(options: CensusOptions) {
    this.#options = options
  }

  get isWalking(): boolean {
    return this.#isWalking
  }

  /** Something grows that only a walk can count. */
  get wantsWalks(): boolean {
    return [...this.#known.values()].some(
      ({ isReplaced, field, count, firstCount }) => isReplaced && field === null && count - firstCount >= MIN_GROWTH,
    )
  }

  /** Looks for collections, a slice at a time; when the walk is over, `done` is told the processor time that it took, and whether it came to its end. */
  walk(done: (workedMs: number, isWhole: boolean) => void): void {
    if (this.#isWalking) return
    const roots = [...this.#options.roots(), ...this.#caughtRoots()]
    const accountedFor = this.#options.accountedFor?.()
    const opened = this.#options.openReader()
    try {
      if (opened) this.#readScripts(opened.reader)
    } catch (thrown) {
      opened?.close()
      throw thrown
    }
    this.#isWalking = true
    this.#walkCount++
    const walk = new Walk(
      roots,
      opened?.reader ?? null,
      (scriptId) => this.#isForeign(scriptId),
      (found) => this.#note(found),
      this.#memory,
      walkLimits,
      accountedFor,
    )
    const steps = walk.run()
    const finish = (isWhole = false): void => {
      this.#isWalking = false
      this.#reachedScripts = walk.reachedScripts
      try {
        opened?.close()
      } finally {
        done(workedMs, isWhole)
      }
    }
    let workedMs = 0
    const startedAtMs = this.#options.clock.monotonicMs()
    let hasBegun = false
    const slice = this.#options.guard(() => {
      hasBegun = true
      const { clock } = this.#options
      const beganAtMs = clock.monotonicMs()
      const untilMs = beganAtMs + SLICE_MS
      const cpuBefore = process.cpuUsage()
      let isDone = false
      try {
        while (!isDone && clock.monotonicMs() < untilMs) isDone = steps.next().done === true
        opened?.reader.release()
      } catch (thrown) {
        finish()
        throw thrown
      }
      // By the processor's clock: on a machine that has no time for us, the wall's would end every walk half-way.
      const { user, system } = process.cpuUsage(cpuBefore)
      workedMs += Math.min(clock.monotonicMs() - beganAtMs, (user + system) / 1000)
      if (isDone || workedMs > MAX_WORK_MS || clock.monotonicMs() - startedAtMs > MAX_WALK_MS)
        finish(isDone && walk.isWhole)
      else clock.after(REST_MS, slice)
    })
    slice()
    // A guard that has had enough calls nothing.
    if (!hasBegun) finish()
  }

  /**
   * Counts what is known: about a millisecond for a thousand collections. What has not changed for its last few counts is
   * counted only every so often, unless `isThorough`.
   */
  measure(isThorough = true): CensusReport {
    const nowMs = this.#options.clock.monotonicMs()
    this.#measureCount++
    const growing: Known[] = []
    for (const known of this.#known.values()) {
      const isStill = known.stillCount >= MIN_STILL && !known.isReplaced
      if (isStill && !isThorough && (this.#measureCount + known.id) % STILL_EVERY !== 0) continue
      const collection = known.collection.deref()
      if (known.isReplaced ? this.#countReplaced(known) : collection && this.#count(known, collection))
        growing.push(known)
      else if (!collection && this.#isGone(known)) this.#forget(known)
    }
    growing.sort((left, right) => growthOf(right) - growthOf(left))
    const told = growing.slice(0, MAX_TOLD)
    for (const known of told) {
      const collection = known.collection.deref()
      if (!collection || nowMs - known.weighedAtMs < WEIGH_EVERY_MS) continue
      known.weighedAtMs = nowMs
      known.entry = weighEntry(collection, known.kind)
      known.deadlineMs = deadlineSince(known.deadlineMs, oldestValueOf(collection, known.kind), this.#options.nowMs())
    }
    return {
      atMs: this.#options.nowMs(),
      requestTotal: this.#options.requestTotal(),
      holders: told.map((known) => this.#tell(known)),
    }
  }

  /** Did the last walk see variables of this script? */
  hasReached(script: string): boolean {
    return [...this.#reachedScripts].some((scriptId) => this.#scripts?.get(scriptId) === script)
  }

  /** Walks begin with what a function could see, too: weakly, so that a request's own variables end with it. */
  addFrame({ scriptId, self, parameters, scopes }: CaughtFrame): void {
    const note = (value: unknown, path: string): void => {
      const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
      if (isObject) this.#caught.push({ ref: new WeakRef(value as object), path, scriptId })
    }
    note(self, classNameOf(self) ?? 'this')
    for (const [name, value] of Object.entries(parameters)) note(value, name)
    for (const { variables } of scopes) {
      for (const name of Object.keys(variables).slice(0, MAX_CAUGHT_OF_SCOPE)) {
        try {
          note(Object.getOwnPropertyDescriptor(variables, name)?.value, name)
        } catch {
          // A binding that is not initialised yet.
        }
      }
    }
    this.#caught = this.#caught.slice(-MAX_CAUGHT)
  }

  #caughtRoots(): Root[] {
    this.#caught = this.#caught.filter(({ ref }) => ref.deref() !== undefined)
    return this.#caught.map(({ ref, path, scriptId }) => ({ value: ref.deref(), path, scriptId }))
  }

  /** The collection itself, and the emitter it belongs to, for a trap; null when it is gone. */
  find(id: number): { collection: object; kind: CollectionKind; owner: object | null } | null {
    const known = this.#known.get(id)
    const collection = known?.collection.deref()
    return known && collection ? { collection, kind: known.kind, owner: known.owner?.deref() ?? null } : null
  }

  /** Begins to count anew: what was let go until now is forgiven. */
  restart(): void {
    for (const known of this.#known.values()) {
      const collection = known.collection.deref()
      if (!collection) continue
      known.firstCount = known.count = known.peakCount = countOf(collection, known.kind)
      known.oldest.restart()
      known.oldestSinceMs = this.#options.clock.monotonicMs()
      known.longestLifeMs = -1
      known.droppedAtMs = -Infinity
    }
  }

  /** A field belongs to the module of its class, a variable to the module it stands in. */
  #scriptOf({ definedBy, scriptId }: Known): string | null {
    const facts = this.#memory.factsOf(definedBy?.deref() ?? this)
    const own = facts && !facts.isForeign ? facts.scriptId : scriptId
    if (own === null) return null
    const script = this.#scripts?.get(own)
    // Loaded after the list was read.
    if (script === undefined) this.#isListStale = true
    return script ?? null
  }

  /** The list of scripts costs some tens of milliseconds, so it is read again only when one is missing, and not for ever. */
  #readScripts(reader: ScopeReader): void {
    if (this.#scripts !== null && (!this.#isListStale || this.#listCount >= MAX_LISTS)) return
    this.#scripts = reader.readScripts()
    this.#isListStale = false
    this.#listCount++
  }

  #isForeign(scriptId: string): boolean {
    const script = this.#scripts?.get(scriptId)
    return script !== undefined && (script.startsWith('node:') || this.#options.isOurs(script))
  }

  #note(found: FoundCollection): void {
    const { collection, kind, path, scriptId, owner, definedBy, bound, boundBeside } = found
    const same = this.#known.get(this.#ids.get(collection) ?? -1)
    if (same?.collection.deref() === collection) return this.#meetAgain(same, bound, same.field !== null)
    const place = this.#placeOf(found)
    const siblings = (place !== null && this.#byPlace.get(place)) || []
    // A variable that is given a new collection each time (`list = [...list, item]`) is one holder all the same.
    const predecessor = siblings
      .map((sibling) => this.#known.get(sibling))
      .find((known) => known && known.seenAtWalk < this.#walkCount)
    if (predecessor) return this.#succeed(predecessor, found)
    if (siblings.length >= MAX_SIBLINGS) return
    if (this.#known.size >= MAX_KNOWN) return
    const id = this.#nextId++
    const count = countOf(collection, kind)
    const nowMs = this.#options.clock.monotonicMs()
    const oldest = new Oldest()
    // Nothing can have left yet: this only remembers who is there.
    oldest.hasLost(collection, kind)
    this.#ids.set(collection, id)
    if (place !== null) this.#byPlace.set(place, [...siblings, id])
    this.#known.set(id, {
      id,
      kind,
      path: path.slice(0, MAX_PATH_LENGTH),
      scriptId,
      place,
      collection: new WeakRef(collection),
      owner: owner && new WeakRef(owner),
      field: null,
      definedBy: definedBy && new WeakRef(definedBy),
      bound,
      boundBeside,
      isBoundMoving: false,
      isReplaced: false,
      isCounted: false,
      seenAtWalk: this.#walkCount,
      firstCount: count,
      count,
      stillCount: 0,
      peakCount: count,
      peakAtMs: nowMs,
      oldest,
      oldestSinceMs: nowMs,
      longestLifeMs: -1,
      droppedAtMs: -Infinity,
      deadlineMs: null,
      entry: null,
      weighedAtMs: -Infinity,
    })
  }

  #meetAgain(known: Known, bound: number | null, isReplaced: boolean): void {
    known.seenAtWalk = this.#walkCount
    known.isReplaced = isReplaced
    if (known.bound !== null && bound !== null && bound > known.bound) known.isBoundMoving = true
  }

  #succeed(known: Known, { collection, kind, owner, bound, boundBeside }: FoundCollection): void {
    this.#meetAgain(known, bound, true)
    this.#ids.set(collection, known.id)
    known.collection = new WeakRef(collection)
    // An owner that was there before will be there for the next, too; one that is made anew itself would show what is over.
    known.field = owner && known.owner?.deref() === owner ? fieldOf(owner, collection) : null
    known.owner = owner && new WeakRef(owner)
    known.boundBeside = boundBeside
    // Now, since it may be gone when the walk is over.
    this.#count(known, collection)
    known.isCounted = false
    if (known.weighedAtMs === -Infinity || known.entry === null) known.entry = weighEntry(collection, kind)
  }

  #countReplaced(known: Known): boolean {
    const owner = known.owner?.deref()
    const successor: unknown = owner && known.field !== null ? readField(owner, known.field) : undefined
    if (typeof successor === 'object' && successor !== null && kindOf(successor) === known.kind) {
      this.#ids.set(successor, known.id)
      known.collection = new WeakRef(successor)
      return this.#count(known, successor)
    }
    // Until the next walk nothing is known of it.
    const isNew = !known.isCounted
    known.isCounted = true
    return isNew && known.count - known.firstCount >= MIN_GROWTH
  }

  #isGone({ path, place, owner, seenAtWalk }: Known): boolean {
    const hasLostOwner = path.includes('[]') && owner?.deref() === undefined
    // The walk that is under way may still meet it, or its successor.
    const wholeCount = this.#isWalking ? this.#walkCount - 1 : this.#walkCount
    return place === null || hasLostOwner || wholeCount - seenAtWalk >= MAX_MISSED_WALKS
  }

  /** Below an element a path is that of many: there the object whose field it is tells which. An element itself has no place of its own. */
  #placeOf({ path, scriptId, kind, owner }: FoundCollection): string | null {
    const place = `${scriptId} ${kind} ${path.slice(0, MAX_PATH_LENGTH)}`
    if (!path.includes('[]')) return place
    if (path.endsWith('[]') || owner === null) return null
    const number = this.#owners.get(owner) ?? this.#nextId++
    this.#owners.set(owner, number)
    return `${place} ${number}`
  }

  /** Answers whether it has grown by something worth telling. */
  #count(known: Known, collection: object): boolean {
    const isHuge = known.kind === 'object' && known.count > HUGE_OBJECT
    if (isHuge && this.#measureCount % 5 !== 0) return known.count - known.firstCount >= MIN_GROWTH
    const nowMs = this.#options.clock.monotonicMs()
    const count = countOf(collection, known.kind)
    known.stillCount = count === known.count && count - known.firstCount < MIN_GROWTH ? known.stillCount + 1 : 0
    known.count = count
    if (count >= known.peakCount || nowMs - known.peakAtMs > PEAK_MEMORY_MS) {
      known.peakCount = known.count
      known.peakAtMs = nowMs
    } else if (known.peakCount - known.count > Math.max(MIN_GROWTH, DROP_SHARE * known.peakCount)) {
      known.droppedAtMs = nowMs
    }
    if (known.count - known.firstCount < MIN_GROWTH) return false
    if (known.oldest.hasLost(collection, known.kind)) {
      known.longestLifeMs = Math.max(known.longestLifeMs, nowMs - known.oldestSinceMs)
      known.oldestSinceMs = nowMs
    }
    return true
  }

  #tell(known: Known): Holder {
    const { id, kind, path, count, entry, deadlineMs, isReplaced } = known
    const bound = known.isBoundMoving ? null : known.bound
    return {
      id,
      kind,
      path,
      script: this.#scriptOf(known),
      count,
      hasLetGo: hasLetGo(known, this.#options.clock.monotonicMs()),
      deadlineMs,
      bound: bound ?? (isReplaced ? known.boundBeside : null),
      isReplaced,
      entryBytes: entry?.heapBytes ?? null,
      entryExternalBytes: entry?.externalBytes ?? null,
    }
  }

  #forget(known: Known): void {
    this.#known.delete(known.id)
    const { place } = known
    if (place === null) return
    const others = (this.#byPlace.get(place) ?? []).filter((id) => id !== known.id)
    if (others.length > 0) this.#byPlace.set(place, others)
    else this.#byPlace.delete(place)
  }
}

/** Of an instance of the host's; a plain object's class says nothing. */
function classNameOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return null
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return null
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  return typeof constructor === 'function' ? constructor.name : null
}

function fieldOf(owner: object, collection: object): string | symbol | null {
  if (types.isProxy(owner)) return null
  return Reflect.ownKeys(owner).find((key) => readField(owner, key) === collection) ?? null
}

/** Calls no getter. */
function readField(owner: object, field: string | symbol): unknown {
  return Object.getOwnPropertyDescriptor(owner, field)?.value
}

function growthOf(known: Known): number {
  return (known.count - known.firstCount) * (known.entry ? known.entry.heapBytes + known.entry.externalBytes : 100)
}

/** Only some entries may be left behind: where the oldest stay far longer than any stayed before, letting go has an exception. */
function hasLetGo({ longestLifeMs, oldestSinceMs, droppedAtMs }: Known, nowMs: number): boolean {
  if (nowMs - droppedAtMs < DROP_MEMORY_MS) return true
  return longestLifeMs >= 0 && nowMs - oldestSinceMs < Math.max(MIN_PATIENCE_MS, PATIENCE * longestLifeMs)
}
