import type { KeyBytes } from '../off-heap/key-bytes.ts'
import { VALUE_KIND_BITS, keyEnd } from '../off-heap/key-bytes.ts'
import { INVALIDATION_AT, MARK_SHIFT, SLEEP_AT, UNIT_BYTES, UNIT_WORDS, type SharedLayout } from './shared-memory.ts'
import type { ThreadSlot } from './thread-slot.ts'

/** No record. */
export const NONE = -1

// Words of a record, in front of its tags, its key and its value.
const UNITS = 0
const OLDER = 1
const HASH = 2
const VALUE_BYTES = 3
const FLAGS = 4
const BORN = 5
/** A 64-bit number. */
const FRESH_UNTIL = 6
export const HEAD_WORDS = 8

/** Flags: whether the key was deleted; the rest is the number of tags. */
const IS_DELETED = 1
const TAGS_SHIFT = 1

// A stripe's word: the place where its ring goes on, and two bits.
const IS_LOCKED = 1
/** Somebody was taken over from: parts of the ring may still be written to by whoever that was. */
const IS_SUSPECT = 2
const PLACE_SHIFT = 2
const PLACE_MASK = 2 ** 30 - 1

/** A write takes microseconds. Whoever has not gone on for so long was stopped, for good or for a while: it is taken over from. */
const TAKE_OVER_MS = 3
const SPINS = 64
const NAP_MS = 0.2
/** A bucket has a handful; more would be somebody's doing. */
const MOST_STEPS = 256
/** Times that a read is begun anew because what it read was just overwritten. */
const MOST_READS = 4
/** Times that a write is begun anew because it was taken over from. */
const MOST_WRITES = 1000
/** Records that one write may carry on from the end of the ring to its front. */
const MOST_CARRIED = 16
/** Units that stay free for those who take over. */
const SLACK_UNITS = 64
const MOST_MARK = 3
/** Old buckets are cleared each time that a ring has gone so far: long before its places begin anew, after 16 GiB. */
const SWEEP_SHIFT = 28

/** Time, and a wait that blocks the thread. */
export interface Pace {
  nowMs(): number
  monotonicMs(): number
  sleep(ms: number, words: Int32Array): void
}

export const napOn = (words: Int32Array, ms: number): void => void Atomics.wait(words, SLEEP_AT, 0, ms)

/** What is to be written. */
export interface Draft {
  readonly hash: number
  readonly key: KeyBytes
  /** A whole record, its first three words excepted. */
  readonly words: Int32Array
  readonly byteLength: number
}

/**
 * Records that all threads read and write, in many rings of one length each.
 *
 *   ring   │ free ····· │ record │ record │ pad │ record │ free ···│      places only rise; `reclaimed` ─► oldest … newest ─► place
 *   record    units · older · hash · bytes of value · flags · born · fresh until │ tags │ key │ value
 *
 * A record is written once, in front, and found from its bucket by a chain from the newest to the oldest; a new value or a
 * deletion is a newer record of the same key. Room is made at the old end: `reclaimed` moves on first, then bytes are overwritten.
 * So a reader takes no lock: it copies, and then asks whether `reclaimed` has passed what it copied. What was asked for
 * since it was written is carried on to the front instead (CLOCK).
 *
 * Writers of one ring take turns, by one word that is lock and place at once. A thread may be stopped at any instruction, for
 * good (`terminate`) or for a while (the machine is busy), and nobody can tell which. So a turn that does not go on is taken
 * over, and everything is built so that the former holder may wake and go on at any time and do no harm:
 * - a place is reserved by replacing the whole word, which fails for whoever was taken over from, as that always moves the place;
 * - it writes only to what it has reserved; it names that part in its slot before, and nobody reserves a part so named again;
 * - all else it changes by compare-and-exchange: `reclaimed`, which only rises, and the bucket, which publishes a whole record.
 * What was not published is not there; nothing has to be repaired.
 * @see Lamport. “Concurrent Reading and Writing.” CACM 20(11), 1977
 * @see Chandramouli et al. “FASTER: A Concurrent Key-Value Store with In-Place Updates.” SIGMOD 2018
 * @see Corbató. “A Paging Experiment with the Multics System.” 1968 (CLOCK)
 */
export class SharedLog {
  // Of what was found.
  place = NONE
  stripe = 0
  valueAt = 0
  valueBytes = 0
  valueKind = 0
  freshUntilMs = 0
  tagCount = 0
  isDeleted = false
  tagsAt = 0
  born = 0
  readonly bytes: Buffer
  readonly #words: Int32Array
  readonly #floats: Float64Array
  readonly #marks: Uint8Array
  readonly #layout: SharedLayout
  readonly #slot: ThreadSlot
  readonly #pace: Pace
  /** Our turn: the stripe's word as we made it. */
  #turn = 0
  /** Records that wait for the ring to begin anew. */
  readonly #held: { words: Int32Array; mark: number }[] = []
  readonly #holes: number[] = []
  readonly #seeHole: (place: number, units: number) => void
  takeOverCount = 0

  constructor(memory: SharedArrayBuffer, layout: SharedLayout, slot: ThreadSlot, pace: Pace) {
    this.#words = new Int32Array(memory)
    this.#floats = new Float64Array(memory, 0, memory.byteLength >> 3)
    this.bytes = Buffer.from(memory as unknown as ArrayBuffer)
    this.#layout = layout
    this.#marks = new Uint8Array(memory, layout.marksAt, layout.stripeCount * layout.marksPerStripe)
    this.#slot = slot
    this.#pace = pace
    this.#seeHole = (place, units) => void this.#holes.push(place, units)
  }

  stripeOf(hash: number): number {
    return Math.floor(((hash >>> 0) / 2 ** 32) * this.#layout.stripeCount)
  }

  /** Where a stripe's ring goes on: what is newer lies behind. */
  frontOf(stripe: number): number {
    return Atomics.load(this.#words, this.#layout.wordAt(stripe)) >>> PLACE_SHIFT
  }

  /** Finds the newest record of a key, a deletion's too; what was found is to be trusted when `isIntact` has said so after it was read. */
  find(hash: number, key: KeyBytes): boolean {
    const stripe = (this.stripe = this.stripeOf(hash))
    const bucket = this.#layout.bucketAt(stripe, hash & (this.#layout.bucketCount - 1))
    return this.#findFrom(Atomics.load(this.#words, bucket), hash, key.words, key.count)
  }

  /** Whether what was found is still there, and so what was read of it is what was written. */
  isIntact(): boolean {
    this.#slot.fence()
    return !isBefore(this.place, Atomics.load(this.#words, this.#layout.reclaimedAt(this.stripe)))
  }

  /** Remembers that it was asked for. */
  mark(): void {
    const at = this.#markAt(this.stripe, this.place)
    const mark = this.#marks[at]!
    // Two who count at once may count once.
    if (mark < MOST_MARK) this.#marks[at] = mark + 1
  }

  /** Whether a tag of what was found was invalidated since it was born. */
  isInvalidated(): boolean {
    for (let at = 0; at < this.tagCount; at++) {
      if (this.isTagNewer(this.#words[this.tagsAt + at]!, this.born)) return true
    }
    return false
  }

  /** Whether a tag was invalidated later than that. */
  isTagNewer(counter: number, born: number): boolean {
    return ((Atomics.load(this.#words, this.#layout.tagAt(counter)) - born) | 0) > 0
  }

  get invalidationCount(): number {
    return Atomics.load(this.#words, INVALIDATION_AT)
  }

  invalidateTag(counter: number): void {
    const at = this.#layout.tagAt(counter)
    for (;;) {
      const count = Atomics.add(this.#words, INVALIDATION_AT, 1) + 1
      const before = Atomics.load(this.#words, at)
      // Somebody who counted later may be here first: the latest stays.
      if (((before - count) | 0) >= 0) return
      if (Atomics.compareExchange(this.#words, at, before, count) === before) return
    }
  }

  /**
   * Writes a record. With `since`, a place of its stripe, only while nothing newer is known of its key than from there.
   * Answers whether it was written.
   */
  append(draft: Draft, since: number | null = null): boolean {
    const stripe = this.stripeOf(draft.hash)
    for (let attempt = 0; attempt < MOST_WRITES; attempt++) {
      this.#take(stripe)
      if (this.#isOvertaken(stripe, draft, since)) {
        this.#giveBack(stripe)
        return false
      }
      const place = this.#reserve(stripe, unitsOf(draft.byteLength))
      if (place === NONE) continue
      this.#write(stripe, place, draft.words, draft.byteLength)
      const isPublished = this.#publish(stripe, place, draft, since)
      this.#slot.done()
      this.#giveBack(stripe)
      return isPublished
    }
    throw new Error(`a write of shared memory was taken over from ${MOST_WRITES} times`)
  }

  /** Forgets all records. */
  clear(): void {
    for (let stripe = 0; stripe < this.#layout.stripeCount; stripe++) {
      for (let attempt = 0; attempt < MOST_WRITES; attempt++) {
        this.#take(stripe)
        // A place more, so that what is being loaded just now is known to be older.
        const place = this.#reserve(stripe, 1)
        if (place === NONE) continue
        this.#slot.done()
        this.#reclaimUpTo(stripe, this.#front)
        this.#giveBack(stripe)
        break
      }
    }
  }

  // Reading.

  #findFrom(first: number, hash: number, key: Int32Array, count: number): boolean {
    const words = this.#words
    const { stripe } = this
    const end = (this.#layout.ringAt(stripe) + this.#layout.ringBytes) >> 2
    for (let attempt = 0; attempt < MOST_READS; attempt++) {
      const reclaimed = Atomics.load(words, this.#layout.reclaimedAt(stripe))
      let place = first
      for (let step = 0; step < MOST_STEPS && place !== NONE && !isBefore(place, reclaimed); step++) {
        const at = this.#wordOf(stripe, place)
        if (words[at + HASH] === hash && this.#readHead(place, at, end, key, count)) return true
        place = words[at + OLDER]!
      }
      if (Atomics.load(words, this.#layout.reclaimedAt(stripe)) === reclaimed) return false
    }
    return false
  }

  /** Reads a head, if the key is this one and all lies within the ring: what is being overwritten may say anything. */
  #readHead(place: number, at: number, end: number, key: Int32Array, count: number): boolean {
    const words = this.#words
    const flags = words[at + FLAGS]!
    const tagCount = flags >>> TAGS_SHIFT
    const keyAt = at + HEAD_WORDS + tagCount
    if (keyAt + count > end || keyAt < at) return false
    const head = words[keyAt]!
    if (((head ^ key[0]!) & KIND_MASK) !== 0) return false
    for (let word = 1; word < count; word++) if (words[keyAt + word] !== key[word]) return false
    const valueAt = 4 * (keyAt + count)
    const valueBytes = words[at + VALUE_BYTES]!
    if (valueBytes < 0 || valueAt + valueBytes > 4 * end) return false
    this.place = place
    this.valueAt = valueAt
    this.valueBytes = valueBytes
    this.valueKind = head & ~KIND_MASK
    this.freshUntilMs = this.#floats[(at + FRESH_UNTIL) >> 1]!
    this.isDeleted = (flags & IS_DELETED) !== 0
    this.tagCount = tagCount
    this.tagsAt = at + HEAD_WORDS
    this.born = words[at + BORN]!
    return true
  }

  #wordOf(stripe: number, place: number): number {
    return (this.#layout.ringAt(stripe) >> 2) + (place & (this.#layout.ringUnits - 1)) * UNIT_WORDS
  }

  #markAt(stripe: number, place: number): number {
    return stripe * this.#layout.marksPerStripe + ((place & (this.#layout.ringUnits - 1)) >>> MARK_SHIFT)
  }

  // Taking turns.

  get #front(): number {
    return this.#turn >>> PLACE_SHIFT
  }

  #take(stripe: number): void {
    const at = this.#layout.wordAt(stripe)
    let seen = 0
    let seenAtMs = NaN
    for (let spin = 0; ; spin++) {
      const word = Atomics.load(this.#words, at)
      if ((word & IS_LOCKED) === 0) {
        this.#turn = word | IS_LOCKED
        if (Atomics.compareExchange(this.#words, at, word, this.#turn) === word) return
      } else if (spin >= SPINS) {
        const nowMs = this.#pace.monotonicMs()
        if (word !== seen || Number.isNaN(seenAtMs)) {
          seen = word
          seenAtMs = nowMs
        } else if (nowMs - seenAtMs >= TAKE_OVER_MS && this.#takeOver(stripe, at, word)) return
        this.#pace.sleep(NAP_MS, this.#words)
      }
    }
  }

  #takeOver(stripe: number, at: number, word: number): boolean {
    const place = word >>> PLACE_SHIFT
    if (this.#freeUnits(stripe, place) < 1) {
      // Many in a row were stopped just when they had taken over: the ring begins anew.
      this.#reclaimUpTo(stripe, place)
    }
    this.#slot.open(stripe, place, 1)
    this.#turn = wordOf(place + 1) | IS_LOCKED | IS_SUSPECT
    const isOurs = Atomics.compareExchange(this.#words, at, word, this.#turn) === word
    if (isOurs) {
      Atomics.store(this.#words, this.#wordOf(stripe, place) + UNITS, 1)
      this.takeOverCount++
    }
    this.#slot.done()
    return isOurs
  }

  #giveBack(stripe: number): void {
    Atomics.compareExchange(this.#words, this.#layout.wordAt(stripe), this.#turn, this.#turn & ~IS_LOCKED)
  }

  // Making room.

  /** Reserves units in one piece, in front; answers their place, or NONE where our turn was taken over. They stay named as ours. */
  #reserve(stripe: number, units: number): number {
    this.#held.length = 0
    for (let carriedCount = 0; ;) {
      const front = this.#front
      const gap = this.#gapBefore(stripe, front, units)
      const wanted = gap > 0 ? gap : units
      // Our turn was taken over long ago.
      if (isBefore(front, Atomics.load(this.#words, this.#layout.reclaimedAt(stripe)))) return NONE
      if (this.#freeUnits(stripe, front) < wanted + SLACK_UNITS + this.#heldUnits) {
        const isCarried = this.#reclaimOne(stripe, carriedCount < MOST_CARRIED)
        if (isCarried === null) return NONE
        if (isCarried) carriedCount++
        continue
      }
      if (!this.#reserveHere(stripe, front, wanted)) return NONE
      if (gap === 0) return front
      this.#slot.done()
      for (const { words, mark } of this.#held.splice(0)) if (!this.#carryOn(stripe, words, mark)) return NONE
    }
  }

  get #heldUnits(): number {
    let units = 0
    for (const { words } of this.#held) units += words.length / UNIT_WORDS
    return units
  }

  /** Units to be passed over, as the ring ends before there is room, or somebody may be writing there; 0 for none. */
  #gapBefore(stripe: number, front: number, units: number): number {
    const { ringUnits } = this.#layout
    const at = front & (ringUnits - 1)
    let gap = at + units > ringUnits ? ringUnits - at : 0
    if ((this.#turn & IS_SUSPECT) === 0) return gap
    this.#holes.length = 0
    this.#slot.othersIn(stripe, this.#layout, this.#seeHole)
    for (let hole = 0; hole < this.#holes.length; hole += 2) {
      const from = this.#holes[hole]! & (ringUnits - 1)
      const to = Math.min(ringUnits, from + this.#holes[hole + 1]!)
      // A hole that ends behind is passed over whole, however far in it we are.
      if (to > at && from < at + Math.max(units, gap)) gap = Math.max(gap, to - at)
    }
    return gap
  }

  #reserveHere(stripe: number, front: number, units: number): boolean {
    const isSuspect = (this.#turn & IS_SUSPECT) !== 0 && this.#holes.length > 0
    const next = wordOf(front + units) | IS_LOCKED | (isSuspect ? IS_SUSPECT : 0)
    this.#slot.open(stripe, front, units)
    if (Atomics.compareExchange(this.#words, this.#layout.wordAt(stripe), this.#turn, next) !== this.#turn) {
      this.#slot.done()
      return false
    }
    this.#turn = next
    Atomics.store(this.#words, this.#wordOf(stripe, front) + UNITS, units)
    if (front >>> SWEEP_SHIFT !== ((front + units) & PLACE_MASK) >>> SWEEP_SHIFT) this.#sweep(stripe)
    return true
  }

  #freeUnits(stripe: number, front: number): number {
    const reclaimed = Atomics.load(this.#words, this.#layout.reclaimedAt(stripe))
    return this.#layout.ringUnits - ((front - reclaimed) & PLACE_MASK)
  }

  /** Lets the oldest record go, or carries it on to the front; answers which, or null where our turn was taken over. */
  #reclaimOne(stripe: number, mayCarry: boolean): boolean | null {
    const reclaimedAt = this.#layout.reclaimedAt(stripe)
    const place = Atomics.load(this.#words, reclaimedAt)
    const at = this.#wordOf(stripe, place)
    const units = this.#words[at + UNITS]!
    const usedUnits = (this.#front - place) & PLACE_MASK
    if (units < 1 || units > usedUnits) {
      // Whoever reserved this was stopped before it could say how long it is: nothing behind it can be told apart.
      this.#reclaimUpTo(stripe, this.#front)
      return false
    }
    const mark = this.#marks[this.#markAt(stripe, place)]!
    const isWanted = mayCarry && mark > 0 && units <= this.#layout.mostUnits && this.#isLive(stripe, place, at)
    if (!isWanted) {
      this.#marks[this.#markAt(stripe, place)] = 0
      Atomics.compareExchange(this.#words, reclaimedAt, place, (place + units) & PLACE_MASK)
      return false
    }
    return this.#carry(stripe, place, units, mark)
  }

  #carry(stripe: number, place: number, units: number, mark: number): boolean | null {
    const from = this.#wordOf(stripe, place)
    const words = this.#words.slice(from, from + units * UNIT_WORDS)
    const reclaimedAt = this.#layout.reclaimedAt(stripe)
    Atomics.compareExchange(this.#words, reclaimedAt, place, (place + units) & PLACE_MASK)
    this.#marks[this.#markAt(stripe, place)] = 0
    // At the end of the ring it waits for the ring to begin anew.
    if (this.#gapBefore(stripe, this.#front, units) > 0) this.#held.push({ words, mark })
    else if (!this.#carryOn(stripe, words, mark)) return null
    return true
  }

  /** Puts a record in front, if it fits there just now. Answers false where our turn was taken over. */
  #carryOn(stripe: number, words: Int32Array, mark: number): boolean {
    const front = this.#front
    const units = words.length / UNIT_WORDS
    if (this.#gapBefore(stripe, front, units) > 0 || this.#freeUnits(stripe, front) < units) return true
    if (!this.#reserveHere(stripe, front, units)) return false
    this.#write(stripe, front, words, 4 * words.length)
    this.#publish(stripe, front, { hash: words[HASH]! }, null)
    this.#marks[this.#markAt(stripe, front)] = mark - 1
    this.#slot.done()
    return true
  }

  /** Whether a record is the newest of its key, and not too old. */
  #isLive(stripe: number, place: number, at: number): boolean {
    const words = this.#words
    const flags = words[at + FLAGS]!
    const keyAt = at + HEAD_WORDS + (flags >>> TAGS_SHIFT)
    if ((flags & IS_DELETED) !== 0 || !(this.#floats[(at + FRESH_UNTIL) >> 1]! > this.#pace.nowMs())) return false
    const end = (this.#layout.ringAt(stripe) + this.#layout.ringBytes) >> 2
    const count = keyEnd(words[keyAt]! & KIND_MASK) >> 2
    if (keyAt + count > end || count < 1) return false
    const key = words.subarray(keyAt, keyAt + count)
    const hash = words[at + HASH]!
    const bucket = this.#layout.bucketAt(stripe, hash & (this.#layout.bucketCount - 1))
    this.stripe = stripe
    return (
      this.#findFrom(Atomics.load(words, bucket), hash, key, count) && this.place === place && !this.isInvalidated()
    )
  }

  #reclaimUpTo(stripe: number, place: number): void {
    const at = this.#layout.reclaimedAt(stripe)
    for (;;) {
      const before = Atomics.load(this.#words, at)
      if (!isBefore(before, place) || Atomics.compareExchange(this.#words, at, before, place) === before) return
    }
  }

  #sweep(stripe: number): void {
    const reclaimed = Atomics.load(this.#words, this.#layout.reclaimedAt(stripe))
    for (let bucket = 0; bucket < this.#layout.bucketCount; bucket++) {
      const at = this.#layout.bucketAt(stripe, bucket)
      const place = Atomics.load(this.#words, at)
      if (place !== NONE && isBefore(place, reclaimed)) Atomics.compareExchange(this.#words, at, place, NONE)
    }
  }

  // Writing.

  /** Writes a record but for its length, which stands there, and what is older. */
  #write(stripe: number, place: number, words: Int32Array, byteLength: number): void {
    const at = this.#wordOf(stripe, place)
    const count = (byteLength + 3) >> 2
    this.#words.set(words.subarray(HASH, count), at + HASH)
  }

  /** Puts a written record in front of its bucket. */
  #publish(stripe: number, place: number, draft: Draft | { readonly hash: number }, since: number | null): boolean {
    const bucket = this.#layout.bucketAt(stripe, draft.hash & (this.#layout.bucketCount - 1))
    const at = this.#wordOf(stripe, place)
    for (;;) {
      const newest = Atomics.load(this.#words, bucket)
      if (since !== null && this.#isOvertaken(stripe, draft as Draft, since)) return false
      this.#words[at + OLDER] = newest
      if (Atomics.compareExchange(this.#words, bucket, newest, place) === newest) return true
    }
  }

  /** Whether something newer than `since` is, or may be, known of a key. */
  #isOvertaken(stripe: number, { hash, key }: Draft, since: number | null): boolean {
    if (since === null) return false
    const reclaimed = Atomics.load(this.#words, this.#layout.reclaimedAt(stripe))
    if (isBefore(since, reclaimed)) return true
    return this.find(hash, key) && !isBefore(this.place, since)
  }
}

const KIND_MASK = -(1 << VALUE_KIND_BITS)

function wordOf(place: number): number {
  return (place & PLACE_MASK) << PLACE_SHIFT
}

export function unitsOf(byteLength: number): number {
  return Math.ceil(byteLength / UNIT_BYTES)
}

/** Places go round, after 2³⁰ units. */
function isBefore(place: number, other: number): boolean {
  return (place - other) << PLACE_SHIFT < 0
}

/** Writes what stands in front of a record's key. */
export function writeHead(
  words: Int32Array,
  head: {
    hash: number
    valueBytes: number
    isDeleted: boolean
    born: number
    freshUntilMs: number
    tags: readonly number[]
  },
): void {
  words[UNITS] = 0
  words[HASH] = head.hash
  words[VALUE_BYTES] = head.valueBytes
  words[FLAGS] = (head.isDeleted ? IS_DELETED : 0) | (head.tags.length << TAGS_SHIFT)
  words[BORN] = head.born
  float[0] = head.freshUntilMs
  words[FRESH_UNTIL] = floatWords[0]!
  words[FRESH_UNTIL + 1] = floatWords[1]!
  words.set(head.tags, HEAD_WORDS)
}

const float = new Float64Array(1)
const floatWords = new Int32Array(float.buffer)
