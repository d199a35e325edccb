import { FrequencySketch, MOST_FREQUENT } from './frequency-sketch.ts'
import { NONE, resized, SlotLinks, SlotList } from './slot-list.ts'
import type { Policy, Weights } from './policy.ts'
import { WindowChooser } from './window-chooser.ts'

/** As in the paper: four fifths of the main region for what was asked for again. */
export const PROTECTED_SHARE = 0.8

/**
 * How much more often than the victim a candidate must have been asked for. In a loop the candidate was just counted and the
 * victim's turn is still to come, so the candidate is always one ahead of an entry that is worth as much; with a margin of 0
 * a loop larger than the cache would exchange its entries for ever, and hit none.
 */
export const ADMISSION_MARGIN = 1

const WINDOW = 0
const PROBATION = 1
const PROTECTED = 2

/** Counts are halved every ten asks an entry: the paper's sample, long enough to tell 15 from 1. */
const ROUNDS_PER_HALVING = 10
const SHORTEST_ROUND = 16

/** When the window is to become smaller, at most so many entries leave it at a time: it need not happen at once. */
const SHIFTS_PER_INSERT = 16

/**
 * W-TinyLFU: newcomers pass a small window in order of recency; who falls out of it is a candidate and enters the main
 * region only if it was asked for more often than the entry it would displace. The main region is two lists: probation,
 * whose oldest is the victim, and protected, for those that were asked for again.
 *
 *   newcomer ─► window ─► candidate ─► wins? ─► probation ⇄ protected
 *                              └─ loses: leaves     └─ victim
 *
 * A scan passes through the window and loses against everything that was ever asked for twice; a loop larger than the cache
 * keeps the part that fits. What bursts and is then forgotten is served by the window, so its share matters, and
 * {@link WindowChooser} finds it out.
 *
 * Residents carry their own count, a byte each, so a hit computes no hash; only a key that leaves writes its count into the
 * sketch, and reads it when it comes back. Entries differ in weight: regions are measured in weight, and when objects are to
 * be hit, a candidate is compared by its count per byte.
 *
 * Costs 14 bytes a slot, 8 to 16 for the sketch, and the chooser. All acts are O(1), the halving of the counts amortised.
 * @see Einziger, Friedman, Manes. “TinyLFU: A Highly Efficient Cache Admission Policy.” ACM Trans. Storage 13(4), 2017
 * @see Einziger, Eytan, Friedman, Manes. “Adaptive Software Cache Management.” Middleware 2018
 * @see Einziger, Eytan, Friedman, Manes. “Lightweight Robust Size Aware Cache Management.” ACM Trans. Storage 18(3), 2022
 */
export class WTinyLfu implements Policy {
  readonly #links = new SlotLinks()
  readonly #window = new SlotList(this.#links)
  readonly #probation = new SlotList(this.#links)
  readonly #protected = new SlotList(this.#links)
  readonly #sketch = new FrequencySketch()
  readonly #chooser = new WindowChooser()
  readonly #slots: Weights
  readonly #isByDensity: boolean
  #hashes = new Int32Array(0)
  #counts = new Uint8Array(0)
  #regions = new Uint8Array(0)
  /** A round is as many asks as there are entries. */
  #asksLeft = SHORTEST_ROUND
  #roundsLeft = ROUNDS_PER_HALVING

  constructor({ slots, isByDensity }: { slots: Weights; isByDensity: boolean }) {
    this.#slots = slots
    this.#isByDensity = isByDensity
  }

  bytesAt(capacity: number): number {
    return (8 + 4 + 1 + 1) * capacity + FrequencySketch.bytesAt(capacity) + WindowChooser.bytesAt(capacity)
  }

  resize(capacity: number): void {
    this.#links.resize(capacity)
    this.#hashes = resized(this.#hashes, capacity)
    this.#counts = resized(this.#counts, capacity)
    this.#regions = resized(this.#regions, capacity)
    this.#sketch.resize(capacity)
    this.#chooser.resize(capacity)
  }

  insert(slot: number, keyHash: number): void {
    this.#hashes[slot] = keyHash
    this.#counts[slot] = Math.min(MOST_FREQUENT, this.#sketch.estimate(keyHash) + 1)
    this.#enter(WINDOW, slot)
    this.#noteAsk(slot)
    // While there is room nobody has to win anything.
    for (let shifts = 0; shifts < SHIFTS_PER_INSERT && this.#isWindowOver(0); shifts++) {
      this.#shift(this.#window.last, PROBATION)
    }
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
    this.#noteAsk(slot)
  }

  remove(slot: number): void {
    this.#sketch.raise(this.#hashes[slot]!, this.#counts[slot]!)
    this.#leave(slot)
  }

  victim(weight: number): number {
    this.#chooser.begin()
    const main = this.#probation.last !== NONE ? this.#probation.last : this.#protected.last
    const candidate = this.#window.last
    if (candidate === NONE) return main
    if (main === NONE) return candidate
    if (!this.#isWindowOver(weight)) return main
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
    this.#chooser.clear()
    this.#asksLeft = SHORTEST_ROUND
    this.#roundsLeft = ROUNDS_PER_HALVING
  }

  get #count(): number {
    return this.#window.count + this.#probation.count + this.#protected.count
  }

  get #weight(): number {
    return this.#window.weight + this.#probation.weight + this.#protected.weight
  }

  /** Whether the window would be too heavy with so much more in it. The newest entry always has its place there. */
  #isWindowOver(weight: number): boolean {
    const isAlone = this.#window.count + (weight > 0 ? 1 : 0) <= 1
    return !isAlone && this.#window.weight + weight > (this.#weight + weight) * this.#chooser.share
  }

  #wins(candidate: number, victim: number): boolean {
    const { weights } = this.#slots
    const candidateCount = this.#counts[candidate]!
    const victimCount = this.#counts[victim]! + ADMISSION_MARGIN
    if (!this.#isByDensity) return candidateCount > victimCount
    return candidateCount * weights[victim]! > victimCount * weights[candidate]!
  }

  #promote(slot: number): void {
    this.#shift(slot, PROTECTED)
    const most = (this.#probation.weight + this.#protected.weight) * PROTECTED_SHARE
    while (this.#protected.weight > most && this.#protected.count > 1) this.#shift(this.#protected.last, PROBATION)
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

  #noteAsk(slot: number): void {
    const hash = this.#hashes[slot]!
    if (hash <= this.#chooser.threshold) this.#chooser.observe(hash, this.#counts[slot]!)
    if (--this.#asksLeft === 0) this.#closeRound()
  }

  #closeRound(): void {
    const count = this.#count
    this.#asksLeft = Math.max(SHORTEST_ROUND, count)
    this.#chooser.choose(count)
    if (--this.#roundsLeft > 0) return
    this.#roundsLeft = ROUNDS_PER_HALVING
    for (let slot = 0; slot < this.#counts.length; slot++) this.#counts[slot]! >>>= 1
    this.#sketch.halve()
    this.#chooser.halve()
  }
}
