import { FrequencySketch, MOST_FREQUENT } from './frequency-sketch.ts'
import { GreedyDual } from './greedy-dual.ts'
import { mixHash } from './hash-key.ts'
import type { Policy, Slots } from './policy.ts'
import { NONE, resized, SlotRings } from './slot-rings.ts'
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
const REGION_COUNT = 3

// What is known of an entry, in a byte:   A S R R C C C C   (asked for since it took its place, sampled, region, count)
const COUNT_MASK = 0x0f
const REGION_SHIFT = 4
const REGION_MASK = 0x30
/** In place of a region, in a slot that nobody is in. */
const ABSENT = 0x30
const SAMPLED = 0x40
const ASKED = 0x80

/** Counts are halved every ten asks an entry: the paper's sample, long enough to tell 15 from 1. */
const ROUNDS_PER_HALVING = 10
const SHORTEST_ROUND = 16

/** When the window is to become smaller, at most so many entries leave it at a time: it need not happen at once. */
const SHIFTS_PER_INSERT = 16

/**
 * From this share on what is recent matters, and the window keeps exact order: each hit moves its entry. Otherwise a hit only
 * leaves a mark, a byte instead of six links, and who has one is passed over once when its turn to leave has come.
 */
const WIDE_WINDOW = 0.4

/** Entries that are passed over for a victim at most, as they were asked for. */
const MOST_CHANCES = 32

/**
 * From which spread on (variance of weights ÷ square of their mean) entries are ordered by {@link GreedyDual}, and below which
 * they no longer are. An exponential spread has 1; what one kind of page or row differs by is less.
 */
const SPREAD = 1
const NO_SPREAD = 0.5

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
 * Residents carry their own count, so a hit computes no hash; only a key that leaves writes its count into the sketch, and
 * reads it when it comes back. Entries differ in weight: regions are measured in weight, and when objects are to be hit, a
 * candidate is compared by its count per byte; where they differ much, {@link GreedyDual} orders them instead of the regions.
 *
 * Costs 9 bytes a slot, the sketch, and the chooser. All acts are O(1), what is done at the end of a round amortised.
 * @see Einziger, Friedman, Manes. “TinyLFU: A Highly Efficient Cache Admission Policy.” ACM Trans. Storage 13(4), 2017
 * @see Einziger, Eytan, Friedman, Manes. “Adaptive Software Cache Management.” Middleware 2018
 * @see Einziger, Eytan, Friedman, Manes. “Lightweight Robust Size Aware Cache Management.” ACM Trans. Storage 18(3), 2022
 */
export class WTinyLfu implements Policy {
  private readonly rings = new SlotRings(REGION_COUNT + GreedyDual.listCount)
  private readonly sketch = new FrequencySketch()
  private readonly chooser = new WindowChooser()
  private readonly slots: Slots
  private readonly isByDensity: boolean
  private readonly hashSeed: number | null
  private marks = new Uint8Array(0)
  /** Entries of each region, and their weight. */
  private readonly counts = new Float64Array(REGION_COUNT)
  private readonly weights = new Float64Array(REGION_COUNT)
  /** Orders the entries instead of the regions while their weights are far apart. They all count as in the window then. */
  private greedyDual: GreedyDual | null = null
  private isFull = false
  /** What the window may weigh; kept up with the weight of all at the end of each round, and while there is room. */
  private mostInWindow = 0
  private isWindowWide = false
  /** A round is as many asks as there are entries. */
  private asksLeft = SHORTEST_ROUND
  private roundsLeft = ROUNDS_PER_HALVING
  /** Who is to make room; whoever else is removed leaves for another reason. */
  private leaving = NONE

  constructor({ slots, isByDensity, hashSeed }: { slots: Slots; isByDensity: boolean; hashSeed: number | null }) {
    this.slots = slots
    this.isByDensity = isByDensity
    this.hashSeed = hashSeed
  }

  get recentShare(): number {
    return this.greedyDual === null ? this.chooser.share : 0
  }

  bytesAt(capacity: number): number {
    return (
      SlotRings.bytesAt(capacity, REGION_COUNT + GreedyDual.listCount) +
      capacity +
      (this.isByDensity && this.slots.weights !== null ? GreedyDual.bytesAt(capacity) : 0) +
      FrequencySketch.bytesAt(capacity) +
      WindowChooser.bytesAt(capacity)
    )
  }

  resize(capacity: number): void {
    const known = this.marks.length
    this.marks = resized(this.marks, capacity)
    this.marks.fill(ABSENT, known)
    this.rings.resize(capacity)
    this.greedyDual?.resize(capacity)
    this.sketch.resize(capacity)
    this.chooser.resize(capacity)
  }

  insert(slot: number): void {
    const hash = this.hashOf(slot)
    const count = Math.min(MOST_FREQUENT, this.sketch.estimate(hash) + 1)
    this.marks[slot] = hash <= this.chooser.threshold ? count | SAMPLED : count
    const weight = this.weightOf(slot)
    this.counts[WINDOW]!++
    this.weights[WINDOW]! += weight
    if (this.greedyDual !== null) this.greedyDual.enter(slot, count, weight)
    else {
      this.rings.addFirst(WINDOW, slot)
      if (!this.isFull || this.weights[WINDOW]! > this.mostInWindow) this.spill()
    }
    if (hash <= this.chooser.threshold) this.chooser.observe(hash, count, false)
    if (--this.asksLeft === 0) this.closeRound()
  }

  reweigh(slot: number, difference: number): void {
    this.weights[this.regionOf(slot)]! += difference
    if (this.greedyDual !== null) this.orderAnew(slot)
  }

  hit(slot: number): void {
    const mark = this.marks[slot]!
    // Without a branch: no processor foresees whose count is full, and to guess wrong costs as much as the rest of a hit.
    const asked = (mark + (((mark & COUNT_MASK) - MOST_FREQUENT) >>> 31)) | ASKED
    this.marks[slot] = asked
    if (this.greedyDual !== null) this.orderAnew(slot)
    else if (this.isWindowWide && (mark & REGION_MASK) === 0) this.rings.moveToFirst(WINDOW, slot)
    if ((mark & SAMPLED) !== 0) this.observe(slot, asked & COUNT_MASK)
    if (--this.asksLeft === 0) this.closeRound()
  }

  remove(slot: number): void {
    const hash = this.hashOf(slot)
    this.sketch.raise(hash, this.marks[slot]! & COUNT_MASK)
    if ((this.marks[slot]! & SAMPLED) !== 0 && slot !== this.leaving) this.chooser.drop(hash)
    this.leaving = NONE
    this.leave(slot)
    this.marks[slot] = ABSENT
  }

  victim(weight: number): number {
    this.leaving = this.whoLeaves(weight)
    return this.leaving
  }

  relocate(from: number, to: number): void {
    this.rings.relocate(from, to)
    this.greedyDual?.relocate(from, to)
    this.marks[to] = this.marks[from]!
    this.marks[from] = ABSENT
  }

  renameAll(): void {
    if (!this.isFull) return
    this.chooser.forgetKeys(this.count)
    this.showAll()
  }

  clear(): void {
    this.marks.fill(ABSENT)
    this.rings.clear()
    this.counts.fill(0)
    this.weights.fill(0)
    this.sketch.clear()
    this.chooser.clear()
    this.greedyDual = null
    this.isFull = false
    this.isWindowWide = false
    this.asksLeft = SHORTEST_ROUND
    this.roundsLeft = ROUNDS_PER_HALVING
  }

  private whoLeaves(weight: number): number {
    if (!this.isFull) this.begin()
    if (this.greedyDual !== null) return this.greedyDual.victim()
    let chancesLeft = MOST_CHANCES
    const isWindowOver = this.isWindowOver(weight)
    let candidate = this.rings.last(WINDOW)
    if (isWindowOver && !this.isWindowWide) {
      while ((this.marks[candidate]! & ASKED) !== 0 && chancesLeft-- > 0) {
        this.giveChance(candidate, WINDOW)
        candidate = this.rings.last(WINDOW)
      }
    }
    let main = this.lastOfMain
    if (main < 0) return candidate
    while ((this.marks[main]! & ASKED) !== 0 && chancesLeft-- > 0) {
      this.giveChance(main, PROTECTED)
      main = this.lastOfMain
    }
    if (candidate < 0 || !isWindowOver) return main
    if (!this.wins(candidate, main)) return candidate
    this.shift(candidate, PROBATION)
    return main
  }

  private get count(): number {
    return this.counts[WINDOW]! + this.counts[PROBATION]! + this.counts[PROTECTED]!
  }

  private get weight(): number {
    return this.weights[WINDOW]! + this.weights[PROBATION]! + this.weights[PROTECTED]!
  }

  private hashOf(slot: number): number {
    const hash = this.slots.keys[slot]!
    return this.hashSeed === null ? hash : mixHash(hash, this.hashSeed)
  }

  private weightOf(slot: number): number {
    const { weights } = this.slots
    return weights === null ? 1 : weights[slot]!
  }

  private regionOf(slot: number): number {
    return (this.marks[slot]! & REGION_MASK) >> REGION_SHIFT
  }

  /** Lets the window's oldest go on to probation: while there is room nobody has to win anything. */
  private spill(): void {
    if (!this.isFull) this.mostInWindow = this.weight * this.chooser.share
    for (let shifts = 0; shifts < SHIFTS_PER_INSERT && this.isWindowOver(0); shifts++) {
      this.shift(this.rings.last(WINDOW), PROBATION)
    }
  }

  /** Whether the window would be too heavy with so much more in it. The newest entry always has its place there. */
  private isWindowOver(weight: number): boolean {
    if (this.weights[WINDOW]! + weight <= this.mostInWindow) return false
    return this.counts[WINDOW]! > (weight > 0 ? 0 : 1)
  }

  private wins(candidate: number, victim: number): boolean {
    const { weights } = this.slots
    const candidateCount = this.marks[candidate]! & COUNT_MASK
    const victimCount = (this.marks[victim]! & COUNT_MASK) + ADMISSION_MARGIN
    if (!this.isByDensity || weights === null) return candidateCount > victimCount
    return candidateCount * weights[victim]! > victimCount * weights[candidate]!
  }

  private get lastOfMain(): number {
    return this.rings.last(this.counts[PROBATION]! > 0 ? PROBATION : PROTECTED)
  }

  /** It was asked for: it goes to the head of the line. */
  private giveChance(slot: number, region: number): void {
    this.marks[slot]! &= ~ASKED
    if (this.regionOf(slot) === region) return this.rings.moveToFirst(region, slot)
    this.shift(slot, region)
    const most = (this.weights[PROBATION]! + this.weights[PROTECTED]!) * PROTECTED_SHARE
    for (
      let shifts = 0;
      shifts < MOST_CHANCES && this.weights[PROTECTED]! > most && this.counts[PROTECTED]! > 1;
      shifts++
    ) {
      const last = this.rings.last(PROTECTED)
      if ((this.marks[last]! & ASKED) === 0) this.shift(last, PROBATION)
      else {
        this.marks[last]! &= ~ASKED
        this.rings.moveToFirst(PROTECTED, last)
      }
    }
  }

  private shift(slot: number, region: number): void {
    this.leave(slot)
    this.enter(region, slot)
  }

  private enter(region: number, slot: number): void {
    this.marks[slot] = (this.marks[slot]! & ~(REGION_MASK | ASKED)) | (region << REGION_SHIFT)
    const weight = this.weightOf(slot)
    if (this.greedyDual === null) this.rings.addFirst(region, slot)
    else this.greedyDual.enter(slot, this.marks[slot]! & COUNT_MASK, weight)
    this.counts[region]!++
    this.weights[region]! += weight
  }

  private leave(slot: number): void {
    const region = this.regionOf(slot)
    this.rings.remove(slot)
    this.counts[region]!--
    this.weights[region]! -= this.weightOf(slot)
  }

  private orderAnew(slot: number): void {
    this.rings.remove(slot)
    this.greedyDual!.enter(slot, this.marks[slot]! & COUNT_MASK, this.weightOf(slot))
  }

  private observe(slot: number, count: number): void {
    const hash = this.hashOf(slot)
    if (hash <= this.chooser.threshold) this.chooser.observe(hash, count, true)
    else this.marks[slot]! &= ~SAMPLED
  }

  /** Somebody has to leave for the first time: from now on it matters who. */
  private begin(): void {
    this.isFull = true
    this.chooser.begin(this.count)
    this.showAll()
    this.chooseOrder()
  }

  private showAll(): void {
    this.sampleAnew((slot) => this.chooser.show(this.hashOf(slot), this.marks[slot]! & COUNT_MASK))
  }

  private closeRound(): void {
    const count = this.count
    this.asksLeft = Math.max(SHORTEST_ROUND, count)
    if (this.greedyDual === null && this.chooser.choose(count)) this.sampleAnew()
    this.mostInWindow = this.weight * this.chooser.share
    this.isWindowWide = this.chooser.share >= WIDE_WINDOW
    if (--this.roundsLeft > 0) return
    this.roundsLeft = ROUNDS_PER_HALVING
    halveCounts(this.marks)
    this.sketch.halve()
    this.chooser.halve()
    this.greedyDual?.rebase()
    if (this.isFull) this.chooseOrder()
  }

  /**
   * More keys take part from now on: those that are here are looked at again. That fewer do shows when they are asked for. Slot by slot,
   * since to follow the lists through a million of them takes many times as long.
   */
  private sampleAnew(tell: (slot: number) => void = () => {}): void {
    const { threshold } = this.chooser
    for (let slot = 0; slot < this.marks.length; slot++) {
      if ((this.marks[slot]! & REGION_MASK) === ABSENT || this.hashOf(slot) > threshold) continue
      this.marks[slot]! |= SAMPLED
      tell(slot)
    }
  }

  /** By regions, or by worth per byte? */
  private chooseOrder(): void {
    const { weights } = this.slots
    if (!this.isByDensity || weights === null) return
    let squares = 0
    for (let slot = 0; slot < weights.length; slot++) squares += weights[slot]! ** 2
    const spread = (squares * this.count) / this.weight ** 2 - 1
    if (this.greedyDual === null ? spread < SPREAD : spread > NO_SPREAD) return
    const slots = this.allSlots()
    for (const slot of slots) this.leave(slot)
    this.greedyDual = this.greedyDual === null ? new GreedyDual(this.rings, REGION_COUNT, this.marks.length) : null
    for (const slot of slots) this.enter(WINDOW, slot)
  }

  /** Those asked for the longest ago first, as far as the lists tell. */
  private allSlots(): Int32Array {
    const slots = new Int32Array(this.count)
    let at = 0
    for (let end = REGION_COUNT + GreedyDual.listCount - 1; end >= 0; end--) {
      for (let slot = this.rings.last(end); slot >= 0; slot = this.rings.before(slot)) slots[at++] = slot
    }
    return slots
  }
}

/** A function of its own, as V8 compiles loops best that do nothing else. */
function halveCounts(marks: Uint8Array): void {
  for (let slot = 0; slot < marks.length; slot++) {
    const mark = marks[slot]!
    marks[slot] = (mark & ~COUNT_MASK) | ((mark & COUNT_MASK) >> 1)
  }
}
