/**
 * Names a key by 32 bits, so that it can be recognised after it has left. Only an estimate hangs on it, never the identity
 * of an entry. Seeded: who does not know the seed cannot choose keys that meet in the sketch.
 *
 * Objects and symbols have no bits to read: they are named after the slot in which they stand, and so their past is forgotten.
 */
export function hashKey(key: unknown, seed: number, slot: number): number {
  switch (typeof key) {
    case 'string':
      return hashString(key, seed)
    case 'number':
      return hashNumber(key, seed)
    case 'bigint':
      return hashString(BigInt.asIntN(256, key).toString(36), seed ^ 0x5bd1e995)
    case 'boolean':
    case 'undefined':
      return finish(seed ^ (key === undefined ? 0x27d4eb2f : key ? 0x165667b1 : 0x9e3779b1))
    default:
      return key === null ? finish(seed ^ 0x2545f491) : finish(seed ^ Math.imul(slot + 1, 0x3c6ef372))
  }
}

/** Another 32 bits for the same key, of which who knows the first cannot tell anything without the seed. */
export function mixHash(hash: number, seed: number): number {
  return finish(seed ^ hash)
}

/** Reads at most so many characters from each end: a megabyte of key is not worth a millisecond of hashing. */
const END_LENGTH = 128

function hashString(text: string, seed: number): number {
  const { length } = text
  const hash = seed ^ Math.imul(length, 0x9e3779b1)
  if (length <= 2 * END_LENGTH) return finish(hashPart(text, 0, length, hash))
  return finish(hashPart(text, length - END_LENGTH, length, hashPart(text, 0, END_LENGTH, hash)))
}

/** Two characters a step (FNV-1a takes one): the multiplications wait for each other. */
function hashPart(text: string, from: number, to: number, seed: number): number {
  let hash = seed
  let at = from
  for (; at + 1 < to; at += 2) {
    hash = Math.imul(hash ^ text.charCodeAt(at) ^ (text.charCodeAt(at + 1) << 16), 0x01000193)
    hash ^= hash >>> 15
  }
  return at < to ? Math.imul(hash ^ text.charCodeAt(at), 0x01000193) : hash
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
