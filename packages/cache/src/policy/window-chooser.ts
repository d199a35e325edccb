import { NONE } from './slot-rings.ts'
import { ADMISSION_MARGIN, PROTECTED_SHARE } from './w-tinylfu.ts'

/**
 * Finds out how large the window of W-TinyLFU should be, by trying: a few caches in miniature, each with another share,
 * see the same sample of keys as the real one, and the real one takes the share of the one that hits most. No share is good
 * everywhere: a loop wants next to none, a load that only knows what is recent wants it all (and gets plain LRU then).
 *
 * A cache of 10,000 entries that sees every key behaves like one of 64 that sees one key in 156, so a key takes part if its
 * hash lies below a threshold. The miniatures hold neither keys nor values, only hashes, in typed arrays: 15 KiB for a cache
 * of 64 entries or more, in proportion below. A key that takes part costs about 200 ns, any other a comparison. Until somebody has
 * to leave none does: a cache that its keys fit into pays nothing.
 * @see Waldspurger, Saemundsson, Ahmad, Park. “Cache Modeling and Optimization using Miniature Simulations.” USENIX ATC 2017
 */
export class WindowChooser {
  static bytesAt(capacity: number): number {
    const idCount = idCountAt(capacity)
    return OBJECT_BYTES + 2 * BUCKETS + (4 + 2 + 1 + 1) * idCount + (2 + 2 + 1) * SHARES.length * (idCount + ENDS)
  }

  /** The share of the trial that hit most lately. */
  share: number = SHARES[0]
  /** Keys whose hash is at most this take part: signed, so that a comparison of small integers decides. */
  threshold = NOBODY
  private isFull = false
  /** Whether the share is one that was found out. */
  private hasChosen = false
  private ids = new SampledIds(0)
  private trials: Trial[] = []
  private sampleCount = 0
  /** What the cache itself hit of the sample. */
  private hitCount = 0
  /** As the miniatures know it. */
  private entryCount = 0

  /** There are so many slots now. What was learnt stays; the trials begin anew when their length changes. */
  resize(capacity: number): void {
    const idCount = idCountAt(capacity)
    if (idCount !== this.ids.capacity) this.reset(idCount)
  }

  /** Somebody has to leave. Until then every share is as good as any other, and no key takes part. Those who do now have to be shown. */
  begin(entryCount: number): void {
    this.isFull = true
    this.hasChosen = false
    this.choose(entryCount)
  }

  /**
   * All keys have other names from now on: those in the miniatures are not asked for any more, and most who are here take no part, so
   * they would see misses alone. Begins anew with the share that was chosen; those who take part have to be shown.
   */
  forgetKeys(entryCount: number): void {
    this.reset(this.ids.capacity)
    this.choose(entryCount)
  }

  /** One of those who were here at the beginning, who was asked for so often. */
  show(hash: number, count: number): void {
    this.observe(hash, count, true)
    if (count > 1) this.observe(hash, count, true)
    this.forgetScores()
  }

  /** A key that takes part was asked for, for the `count`-th time lately. */
  observe(hash: number, count: number, isHit: boolean): void {
    const id = this.ids.take(hash)
    this.ids.counts[id] = count
    this.sampleCount++
    if (isHit) this.hitCount++
    for (const trial of this.trials) trial.ask(id)
  }

  /** An entry whose key takes part has left, though not for room: no window would have kept it. */
  drop(hash: number): void {
    const id = this.ids.find(hash)
    if (id !== NONE) for (const trial of this.trials) trial.drop(id)
  }

  /**
   * To be called now and then with the number of entries: keeps the miniatures in proportion, and chooses. Answers whether
   * more keys take part now.
   */
  choose(entryCount: number): boolean {
    if (!this.isFull) return false
    const trialEntryCount = Math.min(MOST_TRIAL_ENTRIES, entryCount)
    const wasThreshold = this.threshold
    if (Math.abs(entryCount - this.entryCount) > STEADY * this.entryCount) {
      this.entryCount = entryCount
      this.threshold = Math.floor(2 ** 32 * (trialEntryCount / entryCount) - 2 ** 31) - 1
      if (this.threshold < wasThreshold) this.dropWhoLeft()
    }
    for (const trial of this.trials) trial.resize(trialEntryCount)
    this.chooseShare(trialEntryCount)
    return this.threshold > wasThreshold
  }

  private chooseShare(trialEntryCount: number): void {
    const current = this.trials.find(({ share }) => share === this.share)!
    this.takeBack(current.hitCount - this.hitCount - OVERCLAIM * this.sampleCount)
    let latest = current
    for (const trial of this.trials) if (trial.hitCount > latest.hitCount) latest = trial
    const lead = latest.hitCount - current.hitCount
    const plainLead = (this.hasChosen ? PLAINLY_BETTER : BETTER_AT_FIRST) * trialEntryCount
    if (this.sampleCount < SAMPLES_PER_ENTRY * trialEntryCount && lead <= plainLead) return
    this.hasChosen = true
    const isAnotherLoad = lead > MUCH_BETTER * this.sampleCount
    for (const trial of this.trials) trial.closeScore(isAnotherLoad ? 0 : SCORE_KEPT)
    let best = current
    for (const trial of this.trials) if (trial.score > best.score) best = trial
    if (best.score - current.score > LEAST_LEAD * trialEntryCount) this.share = best.share
    this.sampleCount = this.hitCount = 0
  }

  /** As the counts of the real cache are halved. */
  halve(): void {
    const { counts } = this.ids
    for (let id = 0; id < counts.length; id++) counts[id]! >>>= 1
  }

  clear(): void {
    this.share = SHARES[0]
    this.threshold = NOBODY
    this.entryCount = 0
    this.isFull = false
    this.reset(this.ids.capacity)
  }

  /** The sample has become smaller: who does not take part any more would never be asked for, and never give way to a candidate. */
  private dropWhoLeft(): void {
    for (let id = 0; id < this.ids.capacity; id++) {
      if (this.ids.hashOf(id) <= this.threshold) continue
      for (const trial of this.trials) trial.drop(id)
    }
  }

  /**
   * The trial of this share has so many hits that the cache had not, nor would it have had them with a wider window. Where the sample of a
   * loop fits and the loop does not, all trials hit alike, and yet only a narrow window keeps the part that fits.
   */
  private takeBack(hitCount: number): void {
    if (hitCount <= 0) return
    for (const trial of this.trials) if (trial.share >= this.share) trial.hitCount -= hitCount
  }

  private forgetScores(): void {
    this.sampleCount = this.hitCount = 0
    for (const trial of this.trials) trial.forgetScore()
  }

  private reset(idCount: number): void {
    this.sampleCount = this.hitCount = 0
    this.ids = new SampledIds(idCount)
    const rings = new Rings(SHARES.length * (idCount + ENDS))
    this.trials = SHARES.map((share, at) => new Trial(share, this.ids, rings, at * (idCount + ENDS)))
  }
}

/** Shares that are tried, from “next to nothing” to “everything”, which is plain LRU; about twice as much each time. */
const SHARES = [0.01, 0.05, 0.15, 0.4, 0.7, 1] as const

/** No hash is less, and of 2³² one is this. */
const NOBODY = -(2 ** 31)

const MOST_TRIAL_ENTRIES = 64
const SAMPLES_PER_ENTRY = 8
/**
 * Earlier than that, one trial has to be so many hits an entry ahead. A load that turns round and asks for its latest keys once
 * more gives each of them one hit, and is no other load.
 */
const PLAINLY_BETTER = 1.25

/**
 * The first time nothing speaks for the share that it begins with, and a load that wants another waits for it: in a cold cache
 * of sessions that is 3 points of the first 90,000 requests. At half of this, noise chooses too.
 */
const BETTER_AT_FIRST = 0.3

/** By what share the number of entries may differ from what the miniatures go by: looking at all keys again is not free. */
const STEADY = 0.03

/**
 * By what share of the sample the best trial has to be ahead of the chosen one to show that the load has become another: what
 * was before counts for nothing then. At a twentieth, noise does that too, and the traces lose 0.7 points.
 */
const MUCH_BETTER = 0.1

/**
 * By what share of the sample a trial may hit more than the cache, as 64 entries are not thousands. Half of this costs the traces 0.06
 * points; twice as much costs a cache that was LRU up to 9 points of its hits for five rounds when its load becomes a loop.
 */
const OVERCLAIM = 0.1

/**
 * And for another share to be taken at all, so many hits an entry, of the five choices or so that count. A trial that misses
 * a key or two more while it fills is not worse: where the sample of a loop just fits, all trials hit alike, and with 0 such a
 * key decided for any window, up to plain LRU, which hits none of a loop that is a little larger than the cache. Twice as much
 * costs the traces 0.1 points.
 */
const LEAST_LEAD = 0.25

/** What a trial keeps of its score at each choice. */
const SCORE_KEPT = 0.8

/** Each trial may hold others than the rest. */
function idCountAt(capacity: number): number {
  return SHARES.length * Math.min(MOST_TRIAL_ENTRIES, capacity) + 1
}

const BUCKETS = 512

/** Trials, arrays and buffers without their items, measured on Node.js 20. */
const OBJECT_BYTES = 3000

/** Short numbers for the hashes that at least one trial holds, and how often each was asked for. */
class SampledIds {
  readonly capacity: number
  readonly counts: Uint8Array
  /** How many trials hold an id; none: it is free. */
  private readonly holders: Uint8Array
  private readonly hashes: Int32Array
  /** The first id of each hash bucket, and the next id of its chain, which links the free ids too. */
  private readonly first = new Int16Array(BUCKETS).fill(NONE)
  private readonly next: Int16Array
  private free = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.counts = new Uint8Array(capacity)
    this.holders = new Uint8Array(capacity)
    this.hashes = new Int32Array(capacity)
    this.next = Int16Array.from({ length: capacity }, (_, id) => (id + 1 < capacity ? id + 1 : NONE))
  }

  find(hash: number): number {
    let id = this.first[hash & (BUCKETS - 1)]!
    while (id !== NONE && this.hashes[id] !== hash) id = this.next[id]!
    return id
  }

  take(hash: number): number {
    const known = this.find(hash)
    if (known !== NONE) return known
    const bucket = hash & (BUCKETS - 1)
    const id = this.free
    this.free = this.next[id]!
    this.hashes[id] = hash
    this.next[id] = this.first[bucket]!
    this.first[bucket] = id
    return id
  }

  hashOf(id: number): number {
    return this.hashes[id]!
  }

  hold(id: number): void {
    this.holders[id]!++
  }

  letGo(id: number): void {
    if (--this.holders[id]! > 0) return
    const bucket = this.hashes[id]! & (BUCKETS - 1)
    if (this.first[bucket] === id) this.first[bucket] = this.next[id]!
    else {
      let before = this.first[bucket]!
      while (this.next[before] !== id) before = this.next[before]!
      this.next[before] = this.next[id]!
    }
    this.next[id] = this.free
    this.free = id
  }
}

/** The ends of a trial's lists stand behind its ids: each list is a ring through its end. */
const ENDS = 3
const WINDOW = 1
const PROBATION = 2
const PROTECTED = 3

/** The lists of all trials, side by side in one array each: many small arrays would cost more than what they hold. */
class Rings {
  readonly next: Int16Array
  readonly previous: Int16Array
  /** 0: in none. */
  readonly regions: Uint8Array

  constructor(length: number) {
    this.next = Int16Array.from({ length }, (_, at) => at)
    this.previous = this.next.slice()
    this.regions = new Uint8Array(length)
  }
}

/** W-TinyLFU without keys and values: the same decisions as {@link WTinyLfu}, every entry of the same weight. */
class Trial {
  readonly share: number
  score = 0
  private readonly ids: SampledIds
  private readonly rings: Rings
  /** Where its part of the rings begins. */
  private readonly base: number
  private readonly lengths = [0, 0, 0, 0]
  private entryCount = 1
  private windowLength = 1
  hitCount = 0

  constructor(share: number, ids: SampledIds, rings: Rings, base: number) {
    this.share = share
    this.ids = ids
    this.rings = rings
    this.base = base
  }

  resize(entryCount: number): void {
    this.entryCount = entryCount
    this.windowLength = Math.max(1, Math.round(this.share * entryCount))
    while (this.lengths[WINDOW]! > this.windowLength) this.shift(this.oldest(WINDOW), PROBATION)
  }

  /** Adds the hits since the last time to a share of those before. */
  closeScore(keptShare: number): void {
    this.score = this.score * keptShare + this.hitCount
    this.hitCount = 0
  }

  forgetScore(): void {
    this.score = 0
    this.hitCount = 0
  }

  ask(id: number): void {
    const region = this.rings.regions[this.base + id]!
    if (region === 0) return this.enter(id)
    this.hitCount++
    if (region !== PROBATION) return this.shift(id, region)
    this.shift(id, PROTECTED)
    const most = (this.entryCount - this.windowLength) * PROTECTED_SHARE
    while (this.lengths[PROTECTED]! > most && this.lengths[PROTECTED]! > 1)
      this.shift(this.oldest(PROTECTED), PROBATION)
  }

  drop(id: number): void {
    if (this.rings.regions[this.base + id] !== 0) this.evict(id)
  }

  private enter(id: number): void {
    this.ids.hold(id)
    this.add(id, WINDOW)
    while (this.length > this.entryCount) this.evict(this.victim())
    if (this.lengths[WINDOW]! > this.windowLength) this.shift(this.oldest(WINDOW), PROBATION)
  }

  private victim(): number {
    const candidate = this.oldest(WINDOW)
    if (this.length === this.lengths[WINDOW]) return candidate
    const main = this.oldest(this.lengths[PROBATION]! > 0 ? PROBATION : PROTECTED)
    if (this.lengths[WINDOW]! <= this.windowLength) return main
    const { counts } = this.ids
    if (counts[candidate]! <= counts[main]! + ADMISSION_MARGIN) return candidate
    this.shift(candidate, PROBATION)
    return main
  }

  private get length(): number {
    return this.lengths[WINDOW]! + this.lengths[PROBATION]! + this.lengths[PROTECTED]!
  }

  private oldest(region: number): number {
    return this.rings.previous[this.end(region)]! - this.base
  }

  private end(region: number): number {
    return this.base + this.ids.capacity + region - 1
  }

  private shift(id: number, region: number): void {
    this.unlink(id)
    this.add(id, region)
  }

  private evict(id: number): void {
    this.unlink(id)
    this.rings.regions[this.base + id] = 0
    this.ids.letGo(id)
  }

  private add(id: number, region: number): void {
    const { next, previous, regions } = this.rings
    const at = this.base + id
    const end = this.end(region)
    const first = next[end]!
    regions[at] = region
    this.lengths[region]!++
    next[at] = first
    previous[at] = end
    previous[first] = at
    next[end] = at
  }

  private unlink(id: number): void {
    const { next, previous, regions } = this.rings
    const at = this.base + id
    this.lengths[regions[at]!]!--
    next[previous[at]!] = next[at]!
    previous[next[at]!] = previous[at]!
  }
}
