import { FrequencySketch, halve, MOST_FREQUENT } from './frequency-sketch.ts'
import { HillClimber } from './hill-climber.ts'
import { NONE, resized, SlotLinks, SlotList } from './slot-list.ts'
import type { Policy, Weights } from './policy.ts'

const WINDOW = 0
const PROBATION = 1
const PROTECTED = 2

/** As in the paper: four fifths of the main region for what was asked for again. */
const PROTECTED_SHARE = 0.8

/** Counts are halved every ten asks an entry: the paper's sample, long enough to tell 15 from 1. */
const HALVING_PERIOD = 10
const LEAST_HALVING_PERIOD = 160

/**
 * W-TinyLFU: newcomers pass a small window in order of recency; who falls out of it is a candidate and enters the main
 * region only if it was asked for more often than the entry it would displace. The main region is two lists: probation,
 * whose oldest is the victim, and protected, for those that were asked for again.
 *
 *   newcomer ─► window ─► candidate ─► wins? ─► probation ⇄ protected
 *                              └─ loses: leaves     └─ victim
 *
 * A scan passes through the window and loses against everything that was ever asked for twice; a loop larger than the
 * cache keeps the part that fits. What bursts and is then forgotten is served by the window, so its share matters: it
 * climbs to where the hit ratio is best, in steps that grow while things improve and shrink when they do not.
 *
 * Residents carry their own count, a byte each, so a hit computes no hash; only a key that leaves writes its count into
 * the sketch, and reads it when it comes back. Entries differ in weight: regions are measured in weight, and when objects
 * are to be hit, a candidate is compared by its count per byte.
 *
 * Costs 14 bytes a slot and a sketch of 4 to 8. All acts are O(1), the halving of the counts amortised.
 * @see Einziger, Eytan, Friedman, Manes. “Adaptive Software Cache Management.” Middleware 2018
 * @see Einziger, Eytan, Friedman, Manes. “Lightweight Robust Size Aware Cache Management.” ACM Trans. Storage 18(3), 2022
 */
export class WTinyLfu implements Policy {
  readonly #links = new SlotLinks()
  readonly #window = new SlotList(this.#links)
  readonly #probation = new SlotList(this.#links)
  readonly #protected = new SlotList(this.#links)
  readonly #sketch = new FrequencySketch()
  readonly #climber = new HillClimber({ first: 0.01, least: 0.001, most: 0.8 })
  readonly #slots: Weights
  readonly #isByDensity: boolean
  readonly #random: () => number
  #hashes = new Int32Array(0)
  #counts = new Uint8Array(0)
  #regions = new Uint8Array(0)
  #asksUntilHalving = LEAST_HALVING_PERIOD

  constructor({ slots, isByDensity, random }: { slots: Weights; isByDensity: boolean; random: () => number }) {
    this.#slots = slots
    this.#isByDensity = isByDensity
    this.#random = random
  }

  bytesAt(capacity: number): number {
    return (8 + 4 + 1 + 1) * capacity + FrequencySketch.bytesAt(capacity)
  }

  resize(capacity: number): void {
    this.#links.resize(capacity)
    this.#hashes = resized(this.#hashes, capacity)
    this.#counts = resized(this.#counts, capacity)
    this.#regions = resized(this.#regions, capacity)
    this.#sketch.resize(capacity)
  }

  insert(slot: number, keyHash: number): void {
    this.#hashes[slot] = keyHash
    this.#counts[slot] = Math.min(MOST_FREQUENT, this.#sketch.estimate(keyHash) + 1)
    this.#enter(WINDOW, slot)
    this.#climber.observe(false, this.#count)
    this.#countAsk()
    // While there is room nobody has to win anything.
    while (this.#window.weight > this.#windowTarget && this.#window.count > 1) this.#shift(this.#window.last, PROBATION)
  }

  reweigh(slot: number, difference: number): void {
    this.#list(this.#regions[slot]!).weight += difference
  }

  hit(slot: number): void {
    const count = this.#counts[slot]!
    if (count < MOST_FREQUENT) this.#counts[slot] = count + 1
    const region = this.#regions[slot]!
    if (region === WINDOW) this.#window.moveToFirst(slot)
    else if (region === PROTECTED) this.#protected.moveToFirst(slot)
    else this.#promote(slot)
    this.#climber.observe(true, this.#count)
    this.#countAsk()
  }

  remove(slot: number): void {
    this.#sketch.raise(this.#hashes[slot]!, this.#counts[slot]!)
    this.#leave(slot)
  }

  victim(weight: number): number {
    const main = this.#probation.last !== NONE ? this.#probation.last : this.#protected.last
    const candidate = this.#window.last
    if (candidate === NONE) return main
    if (main === NONE) return candidate
    if (this.#window.weight + weight <= this.#windowTarget) return main
    if (!this.#wins(candidate, main)) return candidate
    this.#shift(candidate, PROBATION)
    return main
  }

  relocate(from: number, to: number): void {
    this.#list(this.#regions[from]!).relocate(from, to)
    this.#hashes[to] = this.#hashes[from]!
    this.#counts[to] = this.#counts[from]!
    this.#regions[to] = this.#regions[from]!
  }

  clear(): void {
    this.#window.clear()
    this.#probation.clear()
    this.#protected.clear()
    this.#sketch.clear()
    this.#climber.clear()
    this.#asksUntilHalving = LEAST_HALVING_PERIOD
  }

  get #count(): number {
    return this.#window.count + this.#probation.count + this.#protected.count
  }

  get #weight(): number {
    return this.#window.weight + this.#probation.weight + this.#protected.weight
  }

  get #windowTarget(): number {
    return this.#weight * this.#climber.value
  }

  #wins(candidate: number, victim: number): boolean {
    const candidateCount = this.#counts[candidate]!
    const victimCount = this.#counts[victim]!
    if (this.#isByDensity) {
      if (candidateCount * this.#slots.weights[victim]! > victimCount * this.#slots.weights[candidate]!) return true
    } else if (candidateCount > victimCount) return true
    // Somebody who knows the algorithm could make victims look popular for ever; now and then a warm candidate just wins.
    return candidateCount > 5 && this.#random() < 1 / 128
  }

  /** Makes room among the protected first, so that what falls out of them is younger than what was never asked for again. */
  #promote(slot: number): void {
    this.#shift(slot, PROTECTED)
    const target = (this.#weight - this.#window.weight) * PROTECTED_SHARE
    while (this.#protected.weight > target && this.#protected.count > 1) this.#shift(this.#protected.last, PROBATION)
  }

  #shift(slot: number, region: number): void {
    this.#leave(slot)
    this.#enter(region, slot)
  }

  #enter(region: number, slot: number): void {
    const list = this.#list(region)
    this.#regions[slot] = region
    list.addFirst(slot)
    list.weight += this.#slots.weights[slot]!
  }

  #leave(slot: number): void {
    const list = this.#list(this.#regions[slot]!)
    list.remove(slot)
    list.weight -= this.#slots.weights[slot]!
  }

  #list(region: number): SlotList {
    return region === WINDOW ? this.#window : region === PROBATION ? this.#probation : this.#protected
  }

  #countAsk(): void {
    if (--this.#asksUntilHalving > 0) return
    halve(this.#counts)
    this.#sketch.halve()
    this.#asksUntilHalving = Math.max(LEAST_HALVING_PERIOD, HALVING_PERIOD * this.#count)
  }
}
