import { NONE, SlotRings, resized } from '../../policy/slot-rings.ts'

/** No record has this place: a slot that is not in use. */
export const NOWHERE = 0xffff_ffff

/** The most that an arena can hold: places are 32-bit numbers of 8-byte units. */
export const LARGEST_ARENA_BYTES = 2 ** 35 - 2 ** 20

const UNIT_BYTES = 8
/** Words of a piece's head: whose it is, the piece after it, its length in units, and the bytes of payload in it. */
const HEAD_WORDS = 4
const HEAD_BYTES = 4 * HEAD_WORDS
/** Whose: nobody's any more. A slot is itself, the piece `id` of a longer record is `FIRST_PIECE - id`. */
const DEAD = -1
const FIRST_PIECE = -2

const LEAST_BLOCK_BYTES = 4096
const LARGEST_BLOCK_BYTES = 2 ** 20
const BLOCKS_AT_LEAST = 32
/** What one write tidies up at most: some 20 µs. Half as much would make twice as many records chains, for a delay nobody sees. */
const LARGEST_SEGMENT_BYTES = 2 ** 16
/** One part of so many stays free, and no piece is longer than that part: then some segment always has room for one. */
const RESERVE_PARTS = 16
/** Steps in which the life of segments is told apart: a multiple of the parts, so that who is no fuller than they allow is found. */
const FULLNESS_STEPS = 4 * RESERVE_PARTS

/** What a block costs beside its bytes: two views, their buffer and its allocation, measured on Node.js 20. */
const BLOCK_OBJECT_BYTES = 640
/** What is known of each segment: used, live, and the two links of its list; tables double, so up to twice that. */
const SEGMENT_TABLE_BYTES = 32

/** What is taken of the machine at once, and given back at once. */
interface Block {
  readonly words: Int32Array
  readonly bytes: Buffer
}

/**
 * Keeps records of any length outside V8's heap, in segments of one length each, within a number of blocks of up to sixteen
 * of them: a log that is compacted in place.
 *
 *   segment   │ piece │ dead │ piece │ piece │ dead │ free ········│      a piece is   owner · next · units · bytes · payload
 *
 * A record is written behind the last one. When that segment has no room, the one with the most dead room slides its pieces
 * together: one segment's work, however much is held. As one part in sixteen is never given out and no piece is longer than
 * that part of a segment, the emptiest segment always has room for the next piece: fragmentation costs that sixteenth and never
 * more, whatever the lengths, and no allocation can fail while `liveBytes` is within `usableBytes`. Longer records are a chain
 * of pieces.
 *
 * The garbage collector sees three objects a block and none a record.
 * @see Rosenblum, Ousterhout. “The Design and Implementation of a Log-Structured File System.” ACM TOCS 10(1), 1992
 * @see Rumble, Kejriwal, Ousterhout. “Log-structured Memory for DRAM-based Storage.” FAST 2014
 */
export class Arena {
  /** Where each slot's record begins, in units through all segments; `NOWHERE` for none. */
  places: Uint32Array = new Uint32Array(0)
  /** After `open`: write the payload here, from `at` on. After `view`: read it here, from `at` up to `end`. Good until the next call. */
  bytes: Buffer = noBytes
  at = 0
  end = 0
  readonly #blockBytes: number
  readonly #unitsPerBlock: number
  readonly #unitsPerSegment: number
  readonly #segmentsPerBlock: number
  /** From a place to the number of its block, and of its segment. */
  readonly #blockShift: number
  readonly #segmentShift: number
  readonly #largestPayload: number
  readonly #blocks: (Block | null)[] = []
  #blockCount = 0
  #mostBlocks = 0
  /** Of each segment: units written so far, and those of them that are still somebody's. */
  #used: Uint32Array = new Uint32Array(0)
  #live: Uint32Array = new Uint32Array(0)
  /** Segments by how full of life they are: the emptiest is found without a look at each. */
  readonly #byFullness = new SlotRings(FULLNESS_STEPS + 1)
  readonly #unitsPerStep: number
  #liveUnits = 0
  #current = NONE
  /** Places of the pieces after the first; for a free one, the next free one. */
  #pieces: Uint32Array = new Uint32Array(0)
  #freePiece = NOWHERE
  #freePieces = 0
  /** Pieces from here on were never used. */
  #usedPieces = 0
  /** A long record while it is written. */
  #opened: Buffer | null = null

  constructor(maxBytes: number) {
    const blockBytes = 2 ** Math.floor(Math.log2(maxBytes / BLOCKS_AT_LEAST))
    this.#blockBytes = Math.min(LARGEST_BLOCK_BYTES, Math.max(LEAST_BLOCK_BYTES, blockBytes))
    const segmentBytes = Math.min(LARGEST_SEGMENT_BYTES, this.#blockBytes)
    this.#unitsPerBlock = this.#blockBytes / UNIT_BYTES
    this.#unitsPerSegment = segmentBytes / UNIT_BYTES
    this.#segmentsPerBlock = this.#blockBytes / segmentBytes
    this.#blockShift = Math.log2(this.#unitsPerBlock)
    this.#segmentShift = Math.log2(this.#unitsPerSegment)
    this.#unitsPerStep = this.#unitsPerSegment / FULLNESS_STEPS
    this.#largestPayload = segmentBytes / RESERVE_PARTS - HEAD_BYTES
  }

  /** What it takes of the machine's memory. */
  get heldBytes(): number {
    return this.#blockCount * this.#costPerBlock + this.tableBytes
  }

  /** Bytes of records. */
  get liveBytes(): number {
    return this.#liveUnits * UNIT_BYTES
  }

  /** Bytes of the table of pieces. */
  get tableBytes(): number {
    return this.#pieces.byteLength
  }

  /** What the table of pieces will weigh with a record of so much payload more. */
  tableBytesAfter(payloadBytes: number): number {
    const newCount = Math.max(0, this.#pieceCount(payloadBytes) - this.#freePieces)
    if (this.#usedPieces + newCount <= this.#pieces.length) return this.tableBytes
    return 4 * pieceCapacity(this.#usedPieces + newCount)
  }

  /** What it weighs with this record alone. */
  leastTableBytes(payloadBytes: number): number {
    const count = this.#pieceCount(payloadBytes)
    return count === 0 ? 0 : 4 * pieceCapacity(count)
  }

  /** Blocks that fit into so many bytes. */
  blocksWithin(bytes: number): number {
    return Math.max(0, Math.floor(bytes / this.#costPerBlock))
  }

  /** Bytes of records that so many blocks can hold, however they lie. */
  usableBytes(blockCount: number): number {
    return blockCount * (this.#blockBytes - this.#blockBytes / RESERVE_PARTS)
  }

  /** What a record costs: payload, heads, and what is left over of the last unit. */
  recordBytes(payloadBytes: number): number {
    const wholeCount = Math.floor(payloadBytes / this.#largestPayload)
    const rest = payloadBytes - wholeCount * this.#largestPayload
    const wholeBytes = wholeCount * (this.#largestPayload + HEAD_BYTES)
    return rest === 0 && wholeCount > 0 ? wholeBytes : wholeBytes + UNIT_BYTES * unitsOf(rest)
  }

  /** There are `capacity` slots now; those above it have no record. */
  resize(capacity: number): void {
    const known = this.places.length
    this.places = resized(this.places, capacity)
    if (capacity > known) this.places.fill(NOWHERE, known)
  }

  /** Keeps to so many blocks from now on; `liveBytes` must be within what they can hold. What is above gives its records to the others. */
  limit(blockCount: number): void {
    this.#mostBlocks = blockCount
    while (this.#blockCount > blockCount) this.#evacuate(this.#emptiestBlock())
  }

  /** Makes the record of a slot that has none: its payload is to be written to `bytes` from `at` on, then it is closed. */
  open(slot: number, payloadBytes: number): void {
    if (payloadBytes <= this.#largestPayload) {
      this.places[slot] = this.#write(slot, NONE, payloadBytes)
      this.at += HEAD_BYTES
    } else {
      this.bytes = this.#opened = scratch(payloadBytes)
      this.at = 0
    }
    this.end = this.at + payloadBytes
  }

  close(slot: number): void {
    const payload = this.#opened
    if (payload === null) return
    this.#opened = null
    const length = this.end
    // From behind, so that each piece knows the one after it.
    let from = Math.floor((length - 1) / this.#largestPayload) * this.#largestPayload
    let next = NONE
    for (let end = length; end > 0; end = from, from -= this.#largestPayload) {
      const id = from === 0 ? NONE : this.#takePiece()
      const place = this.#write(id === NONE ? slot : FIRST_PIECE - id, next, end - from)
      payload.copy(this.bytes, this.at + HEAD_BYTES, from, end)
      if (id === NONE) this.places[slot] = place
      else this.#pieces[id] = place
      next = id
    }
  }

  /** Shows the payload of a slot. */
  view(slot: number): void {
    const block = this.#locate(this.places[slot]!)
    const word = this.at >> 2
    if (block.words[word + 1] === NONE) {
      this.bytes = block.bytes
      this.at += HEAD_BYTES
      this.end = this.at + block.words[word + 3]!
    } else this.#gather(slot)
  }

  /**
   * Whether the payload begins with these words, the first of them but for its lowest bits. The words must be those of
   * whole keys: what follows a key is not looked at.
   */
  beginsWith(slot: number, words: Int32Array, count: number, freeBits: number): boolean {
    const block = this.#locate(this.places[slot]!)
    const from = this.at >> 2
    if (block.words[from + 3]! >= 4 * count) return isEqual(block.words, from + HEAD_WORDS, words, count, freeBits)
    if (block.words[from + 1] === NONE) return false
    this.#gather(slot)
    if (this.end < 4 * count) return false
    const copy = new Int32Array(count)
    this.bytes.copy(Buffer.from(copy.buffer), 0, 0, 4 * count)
    return isEqual(copy, 0, words, count, freeBits)
  }

  free(slot: number): void {
    let place = this.places[slot]!
    this.places[slot] = NOWHERE
    for (;;) {
      const { words } = this.#locate(place)
      const word = this.at >> 2
      const units = words[word + 2]!
      const next = words[word + 1]!
      words[word] = DEAD
      const segment = place >>> this.#segmentShift
      this.#changeLive(segment, -units)
      this.#liveUnits -= units
      if (this.#live[segment] === 0) this.#used[segment] = 0
      if (next === NONE) return
      place = this.#pieces[next]!
      this.#pieces[next] = this.#freePiece
      this.#freePiece = next
      this.#freePieces++
    }
  }

  /** The record of slot `from` is that of `to` now, which has none. */
  relocate(from: number, to: number): void {
    const place = (this.places[to] = this.places[from]!)
    this.places[from] = NOWHERE
    this.#locate(place).words[this.at >> 2] = to
  }

  clear(): void {
    for (const block of this.#blocks) if (block !== null) release(block)
    this.#blocks.length = 0
    this.#blockCount = this.#liveUnits = this.#usedPieces = this.#freePieces = 0
    this.#used = new Uint32Array(0)
    this.#live = new Uint32Array(0)
    this.#byFullness.clear()
    this.#current = NONE
    this.#pieces = new Uint32Array(0)
    this.#freePiece = NOWHERE
    this.places.fill(NOWHERE)
    this.bytes = noBytes
  }

  get #costPerBlock(): number {
    return this.#blockBytes + BLOCK_OBJECT_BYTES + this.#segmentsPerBlock * SEGMENT_TABLE_BYTES
  }

  /** Finds the block of a place; `at` is the byte in it. */
  #locate(place: number): Block {
    this.at = (place & (this.#unitsPerBlock - 1)) * UNIT_BYTES
    return this.#blocks[place >>> this.#blockShift]!
  }

  #gather(slot: number): void {
    let length = 0
    for (let place = this.places[slot]!; place !== NOWHERE; place = this.#nextPlace(place)) {
      length += this.#locate(place).words[(this.at >> 2) + 3]!
    }
    const whole = scratch(length)
    let to = 0
    for (let place = this.places[slot]!; place !== NOWHERE; place = this.#nextPlace(place)) {
      const { words, bytes } = this.#locate(place)
      const from = this.at + HEAD_BYTES
      to += bytes.copy(whole, to, from, from + words[(this.at >> 2) + 3]!)
    }
    this.bytes = whole
    this.at = 0
    this.end = length
  }

  #nextPlace(place: number): number {
    const next = this.#locate(place).words[(this.at >> 2) + 1]!
    return next === NONE ? NOWHERE : this.#pieces[next]!
  }

  /** Writes the head of a piece, and answers its place. */
  #write(owner: number, next: number, payloadBytes: number): number {
    const units = unitsOf(payloadBytes)
    const place = this.#takeRoom(units)
    this.#liveUnits += units
    const { words, bytes } = this.#locate(place)
    const word = this.at >> 2
    words[word] = owner
    words[word + 1] = next
    words[word + 2] = units
    words[word + 3] = payloadBytes
    this.bytes = bytes
    return place
  }

  /** So many units of a segment that has room, or makes it. */
  #takeRoom(units: number): number {
    if (this.#current === NONE || this.#used[this.#current]! + units > this.#unitsPerSegment) {
      this.#current = this.#segmentWithRoom()
    }
    const segment = this.#current
    const place = segment * this.#unitsPerSegment + this.#used[segment]!
    this.#used[segment]! += units
    this.#changeLive(segment, units)
    return place
  }

  #segmentWithRoom(): number {
    const emptiest = this.#emptiest()
    // Rather tidy up a segment that is half empty than take more memory; but take it, rather than move much for little.
    const isEmpty = emptiest !== NONE && this.#live[emptiest]! <= this.#unitsPerSegment / 2
    if (!isEmpty && this.#blockCount < this.#mostBlocks) {
      this.#addBlock()
      return this.#emptiest()
    }
    this.#compact(emptiest)
    return emptiest
  }

  #emptiest(): number {
    for (let step = 0; step <= FULLNESS_STEPS; step++) {
      const segment = this.#byFullness.first(step)
      if (segment >= 0) return segment
    }
    return NONE
  }

  /** Rounded up: nobody in a step is fuller than that step says. */
  #stepOf(segment: number): number {
    return Math.ceil(this.#live[segment]! / this.#unitsPerStep)
  }

  #changeLive(segment: number, units: number): void {
    const before = this.#stepOf(segment)
    this.#live[segment]! += units
    const after = this.#stepOf(segment)
    if (before === after) return
    this.#byFullness.remove(segment)
    this.#byFullness.addFirst(after, segment)
  }

  #addBlock(): void {
    const memory = new ArrayBuffer(this.#blockBytes)
    let index = this.#blocks.indexOf(null)
    if (index === NONE) index = this.#blocks.length
    this.#blocks[index] = { words: new Int32Array(memory), bytes: Buffer.from(memory) }
    this.#blockCount++
    const end = (index + 1) * this.#segmentsPerBlock
    if (end > this.#used.length) {
      const capacity = Math.max(end, 2 * this.#used.length)
      this.#used = resized(this.#used, capacity)
      this.#live = resized(this.#live, capacity)
      this.#byFullness.resize(capacity)
    }
    // The first of them last, so that they are filled in turn.
    for (let segment = end - 1; segment >= end - this.#segmentsPerBlock; segment--)
      this.#byFullness.addFirst(0, segment)
  }

  /** Slides the pieces of a segment together; those that lie side by side move as one. */
  #compact(segment: number): void {
    const usedUnits = this.#used[segment]!
    if (this.#live[segment] === usedUnits) return
    const base = segment * this.#unitsPerSegment
    const { words } = this.#locate(base)
    const baseWord = this.at >> 2
    let toUnit = 0
    for (let unit = 0; unit < usedUnits;) {
      const runStart = unit
      let owner = NONE
      while (unit < usedUnits && (owner = words[baseWord + 2 * unit]!) !== DEAD) {
        this.#setPlace(owner, base + toUnit + (unit - runStart))
        unit += words[baseWord + 2 * unit + 2]!
      }
      if (unit > runStart) {
        if (toUnit !== runStart) {
          words.copyWithin(baseWord + 2 * toUnit, baseWord + 2 * runStart, baseWord + 2 * unit)
        }
        toUnit += unit - runStart
      } else unit += words[baseWord + 2 * unit + 2]!
    }
    this.#used[segment] = toUnit
  }

  #emptiestBlock(): number {
    let best = NONE
    let leastUnits = Infinity
    for (let index = 0; index < this.#blocks.length; index++) {
      if (this.#blocks[index] === null) continue
      const from = index * this.#segmentsPerBlock
      let liveUnits = 0
      for (const units of this.#live.subarray(from, from + this.#segmentsPerBlock)) liveUnits += units
      if (liveUnits >= leastUnits) continue
      best = index
      leastUnits = liveUnits
    }
    return best
  }

  /** Moves every piece of a block to the others, and lets it go. */
  #evacuate(index: number): void {
    const block = this.#blocks[index]!
    const from = index * this.#segmentsPerBlock
    const end = from + this.#segmentsPerBlock
    if (this.#current >= from && this.#current < end) this.#current = NONE
    // Before anything moves: none of them may be chosen as a place to move to.
    for (let segment = from; segment < end; segment++) this.#byFullness.remove(segment)
    for (let segment = from; segment < end; segment++) {
      const firstWord = 2 * (segment - from) * this.#unitsPerSegment
      const endWord = firstWord + 2 * this.#used[segment]!
      for (let word = firstWord; word < endWord;) {
        const units = block.words[word + 2]!
        const owner = block.words[word]!
        if (owner !== DEAD) {
          const place = this.#takeRoom(units)
          this.#locate(place).words.set(block.words.subarray(word, word + 2 * units), this.at >> 2)
          this.#setPlace(owner, place)
        }
        word += 2 * units
      }
      this.#used[segment] = this.#live[segment] = 0
    }
    release(block)
    this.#blocks[index] = null
    this.#blockCount--
  }

  #setPlace(owner: number, place: number): void {
    if (owner >= 0) this.places[owner] = place
    else this.#pieces[FIRST_PIECE - owner] = place
  }

  #pieceCount(payloadBytes: number): number {
    return payloadBytes <= this.#largestPayload ? 0 : Math.ceil(payloadBytes / this.#largestPayload) - 1
  }

  #takePiece(): number {
    const id = this.#freePiece
    if (id !== NOWHERE) {
      this.#freePiece = this.#pieces[id]!
      this.#freePieces--
      return id
    }
    if (this.#usedPieces === this.#pieces.length)
      this.#pieces = resized(this.#pieces, pieceCapacity(this.#usedPieces + 1))
    return this.#usedPieces++
  }
}

const noBytes = Buffer.alloc(0)

function unitsOf(payloadBytes: number): number {
  return Math.ceil((HEAD_BYTES + payloadBytes) / UNIT_BYTES)
}

function pieceCapacity(count: number): number {
  return Math.max(16, 2 ** Math.ceil(Math.log2(count)))
}

function isEqual(held: Int32Array, from: number, words: Int32Array, count: number, freeBits: number): boolean {
  if ((held[from]! ^ words[0]!) >>> freeBits !== 0) return false
  for (let at = 1; at < count; at++) if (held[from + at] !== words[at]) return false
  return true
}

/** Newer Node.js can give the memory back at once; older leaves it to the next collection. */
function release(block: Block): void {
  ;(block.words.buffer as ArrayBuffer & { transfer?: (byteLength: number) => ArrayBuffer }).transfer?.(0)
}

/** Long records pass through here; shared by all arenas of the thread, as nothing lives in it from one call to the next. */
let shared: Buffer = Buffer.alloc(0)
const LARGEST_SHARED_BYTES = 65_536

function scratch(length: number): Buffer {
  if (length > LARGEST_SHARED_BYTES) return Buffer.allocUnsafeSlow(length)
  if (shared.length === 0) shared = Buffer.allocUnsafeSlow(LARGEST_SHARED_BYTES)
  return shared
}
