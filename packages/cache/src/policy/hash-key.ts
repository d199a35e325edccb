/** Characters that have a word of their own each; longer keys are read in blocks of so many. */
const BLOCK_LENGTH = 32
/** Of a short key so many are read at first, as most names differ at their end; {@link KeyHasher.hash} has a way of its own for them. */
export const FIRST_TAIL_LENGTH = 5
const SECOND_TAIL_LENGTH = 8
/** Reads at most so many characters from each end: a megabyte of key is not worth a millisecond of hashing. */
const END_LENGTH = 128

/**
 * Names keys by 32 bits, so that they can be recognised after they have left. Only an estimate hangs on it, never the identity
 * of an entry. Each character, of a short key each two of them, is multiplied by a word that comes from the seed (multilinear hashing):
 * who does not know the seed cannot choose keys that have the same name, nor bits of them that cancel each other.
 *
 * Objects and symbols have no bits to read: they are named after the slot in which they stand, and so their past is forgotten.
 * @see Lemire, Kaser. “Strongly universal string hashing is fast.” The Computer Journal 57(11), 2014
 */
export class KeyHasher {
  private readonly seed: number
  private readonly words: Int32Array
  private readonly firstWord: number
  private readonly secondWord: number
  private readonly thirdWord: number
  private tailLength: number

  /** `tailLength`: of a key that has a word for each character, only so many are read, from its end, until {@link readMore}. */
  constructor(seed: number, tailLength = BLOCK_LENGTH) {
    this.seed = seed
    this.tailLength = tailLength
    this.words = Int32Array.from({ length: BLOCK_LENGTH }, (_, at) => finish(seed + Math.imul(at + 1, 0x9e3779b1)) | 1)
    this.firstWord = this.words[0]!
    this.secondWord = this.words[1]!
    this.thirdWord = this.words[2]!
  }

  hash(key: unknown, slot: number): number {
    // Asked one by one: for a switch V8 makes a string of the type, and compares strings.
    if (typeof key === 'string') {
      const { tailLength } = this
      const from = key.length - tailLength
      if (from >= 0 && from <= BLOCK_LENGTH - tailLength) {
        if (tailLength === FIRST_TAIL_LENGTH) return this.hashFive(key, from)
        if (tailLength === SECOND_TAIL_LENGTH) return this.hashEight(key, from)
      }
      return this.hashString(key, this.seed)
    }
    if (typeof key === 'number') return hashNumber(key, this.seed)
    return this.hashOther(key, slot)
  }

  /** Reads more from now on, and names all keys anew; answers false where it reads all of them anyway. */
  readMore(): boolean {
    if (this.tailLength >= BLOCK_LENGTH) return false
    this.tailLength = this.tailLength === FIRST_TAIL_LENGTH ? SECOND_TAIL_LENGTH : 2 * this.tailLength
    return true
  }

  private hashOther(key: unknown, slot: number): number {
    const seed = this.seed
    if (typeof key === 'bigint') return this.hashString(BigInt.asIntN(256, key).toString(36), seed ^ 0x5bd1e995)
    if (key === undefined) return finish(seed ^ 0x27d4eb2f)
    if (typeof key === 'boolean') return finish(seed ^ (key ? 0x165667b1 : 0x9e3779b1))
    return key === null ? finish(seed ^ 0x2545f491) : finish(seed ^ Math.imul(slot + 1, 0x3c6ef372))
  }

  private hashString(text: string, seed: number): number {
    const { length } = text
    const begun = seed ^ Math.imul(length, 0x9e3779b1)
    if (length <= BLOCK_LENGTH)
      return finish(this.hashBlock(text, Math.max(0, length - this.tailLength), length, begun))
    if (length <= 2 * END_LENGTH) return this.hashPart(text, 0, length, begun)
    return this.hashPart(text, length - END_LENGTH, length, this.hashPart(text, 0, END_LENGTH, begun))
  }

  private hashPart(text: string, from: number, to: number, begun: number): number {
    let hash = begun
    for (let at = from; at < to; at += BLOCK_LENGTH)
      hash = finish(this.hashBlock(text, at, Math.min(to, at + BLOCK_LENGTH), hash))
    return hash
  }

  /**
   * The last five characters and the length, two to a word: this is on the path of every look-up. Weaker than a word for each
   * character; keys that meet too often make the hasher read more.
   */
  private hashFive(text: string, from: number): number {
    const first = pairAt(text, from)
    const second = pairAt(text, from + 2)
    const third = text.charCodeAt(from + 4) | (from << 16)
    // Cut to 32 bits at each step: V8 would add fractions otherwise, at three times the cost.
    const sum = (this.seed + Math.imul(first, this.firstWord)) | 0
    return finish((((sum + Math.imul(second, this.secondWord)) | 0) + Math.imul(third, this.thirdWord)) | 0)
  }

  /** The same of eight, for caches of so many keys that five characters do not tell them apart. */
  private hashEight(text: string, from: number): number {
    const { words } = this
    const begun = this.hashFive(text, from + 3)
    const first = Math.imul(pairAt(text, from), words[3]!)
    return finish((((begun + first) | 0) + Math.imul(text.charCodeAt(from + 2), words[4]!)) | 0)
  }

  /** Two characters a step: their products do not wait for each other. */
  private hashBlock(text: string, from: number, to: number, begun: number): number {
    const words = this.words
    let hash = begun
    let at = from
    let word = 0
    for (; at + 1 < to; at += 2, word += 2) {
      const second = Math.imul(text.charCodeAt(at + 1), words[word + 1]!)
      hash = (hash + Math.imul(text.charCodeAt(at), words[word]!) + second) | 0
    }
    return at < to ? (hash + Math.imul(text.charCodeAt(at), words[word]!)) | 0 : hash
  }
}

/**
 * Two characters in a word. The upper one is folded into the lower: a product carries bits upwards only, and what differs in the
 * upper half alone would reach few bits of it, whatever the seed.
 */
function pairAt(text: string, at: number): number {
  const second = text.charCodeAt(at + 1)
  return (text.charCodeAt(at) ^ second) | (second << 16)
}

/** Another 32 bits for the same key, of which who knows the first cannot tell anything without the seed. */
export function mixHash(hash: number, seed: number): number {
  return finish(seed ^ hash)
}

const double = new Float64Array(1)
const words = new Int32Array(double.buffer)

function hashNumber(value: number, seed: number): number {
  if ((value | 0) === value) return finish(seed ^ value)
  double[0] = value
  return finish(Math.imul(seed ^ words[0]!, 0x85ebca6b) ^ words[1]!)
}

/** Spreads every bit over all (the finalizer of MurmurHash3, Appleby 2011). */
function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
