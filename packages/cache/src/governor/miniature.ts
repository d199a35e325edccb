import { createPolicy } from '../policy/create-policy.ts'
import type { PolicyName } from '../options.ts'
import type { Policy, Slots } from '../policy/policy.ts'

/** Keys that one miniature knows at most. Sampled less when there are more: 512 tell a hit ratio to a point or two. */
export const MOST_KEYS = 512

export interface MiniatureOptions {
  /** The budget that it stands for. */
  bytes: number
  policy: PolicyName
  isByDensity: boolean
  hashSeed: number
}

/**
 * A cache of another budget in miniature: the policy itself, over a sample of the keys, without keys and values. A cache of a
 * gigabyte that sees every key behaves like one of a megabyte that sees one key in a thousand; a key takes part if its hash
 * lies below a threshold, which is halved whenever the miniature knows too many. Costs some 60 KiB.
 *
 * What it estimates is misses, not hits: whether the hottest key of all is in the sample decides over a good part of the hits,
 * and over hardly any miss.
 * @see Waldspurger, Saemundsson, Ahmad, Park. “Cache Modeling and Optimization using Miniature Simulations.” USENIX ATC 2017
 * @see Waldspurger, Park, Garthwaite, Ahmad. “Efficient MRC Construction with SHARDS.” USENIX FAST 2015
 */
export class Miniature {
  readonly bytes: number
  /** Keys whose hash, a signed 32-bit number, is at most this take part. */
  threshold = 2 ** 31 - 1
  /** Acts since it was last set to 0. */
  workCount = 0
  /** Misses of the cache that it stands for since they were last taken, if the sample had its share of the keys. */
  missCount = 0
  /** The share of the keys that is really in the sample, by the rate. */
  bias = 1
  /** How often it sleeps: it sees one in 2 ** rest of what is asked. */
  rest = 0
  /** Was asleep until just now: what it misses does not count. */
  isCatchingUp = false
  /** Asks of the real cache, whether their keys take part or not, whose misses were counted. */
  seenCount = 0
  readonly #slotsByHash = new Map<number, number>()
  readonly #slots = { keys: new Int32Array(MOST_KEYS), weights: new Uint32Array(MOST_KEYS) } satisfies Slots
  readonly #deadlines = new Float64Array(MOST_KEYS)
  readonly #policy: Policy
  readonly #freeSlots = Int32Array.from({ length: MOST_KEYS }, (_, slot) => slot)
  #rate = 1
  #countedRate = 1
  #entryIndexBytes = 0
  #heldBytes = 0

  constructor({ bytes, policy, isByDensity, hashSeed }: MiniatureOptions) {
    this.bytes = bytes
    this.#policy = createPolicy(policy, { slots: this.#slots, isByDensity, hashSeed })
    this.#policy.resize(MOST_KEYS)
  }

  get keyCount(): number {
    return this.#slotsByHash.size
  }

  /**
   * A key that takes part was asked for, `age` asks of the real cache after the last time; `weight` is that of the entry in the
   * real cache, 0 where it was missed too.
   */
  ask(hash: number, weight: number, deadlineMs: number, nowMs: number, age: number): void {
    this.workCount++
    const slot = this.#slotsByHash.get(hash)
    if (slot !== undefined && this.#deadlines[slot]! > nowMs) return this.#policy.hit(slot)
    if (slot !== undefined) this.#remove(slot)
    if (slot !== undefined || weight === 0 || !this.#isInWindow(age)) this.#countMiss(hash)
    if (weight > 0) this.#insert(hash, weight, deadlineMs)
  }

  /** A key that takes part was stored. */
  put(hash: number, weight: number, deadlineMs: number): void {
    this.workCount++
    const slot = this.#slotsByHash.get(hash)
    if (slot === undefined) return this.#insert(hash, weight, deadlineMs)
    this.#deadlines[slot] = deadlineMs
    const difference = weight - this.#slots.weights[slot]!
    if (difference === 0) return
    this.#slots.weights[slot] = weight
    this.#heldBytes += difference
    this.#policy.reweigh(slot, difference)
    this.#makeRoom(0)
  }

  forget(hash: number): void {
    const slot = this.#slotsByHash.get(hash)
    if (slot !== undefined) this.#remove(slot)
  }

  get rate(): number {
    return this.#rate
  }

  /** Of all asks. */
  get seenShare(): number {
    return this.#rate / 2 ** this.rest
  }

  /** Of the keys whose misses count: half as many while those that joined last are not known yet. */
  get countedRate(): number {
    return this.#countedRate
  }

  /** The sample has so many times as many of the keys as it ought to: it stands for as much less of the cache. And so much the index adds to an entry. */
  correct(bias: number, entryIndexBytes: number): void {
    this.bias = bias
    this.#entryIndexBytes = entryIndexBytes
  }

  /** Half as many keys take part from now on. */
  halveRate(): void {
    this.#setRate(this.#rate / 2)
    for (const [hash, slot] of this.#slotsByHash) if (hash > this.threshold) this.#remove(slot)
    // Else those who take no part any more stay in the trials that choose the window, and all but plain LRU, which drops them at once, seem
    // worse than they are: of a loop that nearly fits it hits nothing, and a sample that just fits never tells.
    this.#policy.renameAll?.()
  }

  /** Twice as many do; the misses of those that join count from {@link countAll} on. */
  doubleRate(): void {
    const counted = this.#rate
    this.#setRate(this.#rate * 2)
    this.#countedRate = counted
  }

  countAll(): void {
    this.#countedRate = this.#rate
  }

  forgetAll(): void {
    for (const slot of [...this.#slotsByHash.values()]) this.#remove(slot)
  }

  #insert(hash: number, weight: number, deadlineMs: number): void {
    if (weight + this.#entryIndexBytes > this.#budgetBytes) return
    this.#makeRoom(weight + this.#entryIndexBytes)
    while (this.#slotsByHash.size === MOST_KEYS) {
      this.halveRate()
      if (hash > this.threshold) return
      this.#makeRoom(weight + this.#entryIndexBytes)
    }
    const slot = this.#freeSlots[this.#slotsByHash.size]!
    this.#slotsByHash.set(hash, slot)
    this.#slots.keys[slot] = hash
    this.#slots.weights[slot] = weight
    this.#deadlines[slot] = deadlineMs
    this.#heldBytes += weight
    this.#policy.insert(slot)
  }

  /**
   * Whether so few others were asked for since that the cache that this one stands for has it still in its window. The window of a
   * miniature is a few entries, and loses by chance what one of a hundred keeps.
   */
  #isInWindow(age: number): boolean {
    const keyCount = this.#slotsByHash.size
    return age * (this.#heldBytes + keyCount * this.#entryIndexBytes) < keyCount * this.bytes * this.#policy.recentShare
  }

  #countMiss(hash: number): void {
    if (!this.isCatchingUp && hash <= thresholdOf(this.#countedRate)) this.missCount += 1 / this.#countedRate
  }

  get #budgetBytes(): number {
    return this.bytes * this.#rate * this.bias
  }

  #makeRoom(weight: number): void {
    const most = this.#budgetBytes
    while (this.#heldBytes + this.#slotsByHash.size * this.#entryIndexBytes + weight > most) {
      const victim = this.#policy.victim(weight)
      if (victim < 0) return
      this.#remove(victim)
    }
  }

  #remove(slot: number): void {
    this.#policy.remove(slot)
    this.#slotsByHash.delete(this.#slots.keys[slot]!)
    this.#freeSlots[this.#slotsByHash.size] = slot
    this.#heldBytes -= this.#slots.weights[slot]!
    this.#slots.weights[slot] = 0
  }

  #setRate(rate: number): void {
    this.#rate = this.#countedRate = rate
    this.threshold = thresholdOf(rate)
  }
}

function thresholdOf(rate: number): number {
  return rate * 2 ** 32 - 2 ** 31 - 1
}
