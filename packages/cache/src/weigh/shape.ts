/**
 * Whether objects with these names in this order were met in more than one entry lately. V8 describes the names of an object once for
 * all that have the same, in as many maps as there are names; an object whose names are its own, such as ids, has those maps to itself,
 * or a table.
 *
 * Remembers the last four of each of {@link SETS} sets, for all caches, as V8 shares its maps among all. What is forgotten is taken for
 * new, and so charged too much rather than too little.
 */
export function isKnownShape(names: readonly PropertyKey[]): boolean {
  const first = WAYS * setOf(names)
  for (let at = first; at < first + WAYS; at++) {
    if (!isSame(known[at]!, names)) continue
    if (at > first) bringForward(first, at)
    return true
  }
  return false
}

/**
 * Takes note of a shape that is not known, met in the entry under this key, and answers whether another object is charged for it: one of
 * another entry, or one that was met before in the same weighing. The same entry does not make it known, however often it is weighed or
 * loaded anew: what nobody else has would be charged to nobody.
 */
export function learnShape(names: readonly PropertyKey[], key: unknown, weighing: number): boolean {
  const entry = bitsOfKey(key)
  if (entry === NOBODY || !isWorthRemembering(names)) return false
  const hash = hashOf(names)
  const firstSeen = WAYS * (hash & (SEEN_SETS - 1))
  for (let at = firstSeen; at < firstSeen + WAYS; at++) {
    if (seenHashes[at] !== hash) continue
    if (seenIn[at] === entry) {
      const isMetAgain = seenBy[at] === weighing
      seenBy[at] = weighing
      return isMetAgain && learntCount < MOST_LEARNT
    }
    const first = WAYS * setOf(names)
    bringForward(first, first + WAYS - 1)
    known[first] = names
    return true
  }
  const oldest = firstSeen + (learntCount++ % WAYS)
  seenHashes[oldest] = hash
  seenIn[oldest] = entry
  seenBy[oldest] = weighing
  return false
}

/** What stands before the names of an object that inherits data: V8 describes those anew for each prototype. */
export function heirName(prototype: object): string {
  return `heir of ${numberOf(prototype)}`
}

const SETS = 128

/** With two of them, three of fifty shapes are likely to meet in one set and drive each other out; with four, five of a hundred are not. */
const WAYS = 4

/** Characters of the names that are remembered at most: what is kept here nobody is charged. */
const MOST_CHARACTERS = 2048

const SEEN_SETS = 256

const known = new Array<readonly PropertyKey[]>(SETS * WAYS).fill([])

/** Of what was met in one entry only its hash is kept: the names of most of these nobody else will ever have. */
const seenHashes = new Int32Array(SEEN_SETS * WAYS)
const seenIn = new Int32Array(SEEN_SETS * WAYS)
/** In which weighing of that entry, the last time. */
const seenBy = new Int32Array(SEEN_SETS * WAYS)
let learntCount = 0

/**
 * One map of V8 leads to 1,536 others at most. When so many names come first in some object, those of one value that bring another may not
 * share their maps either.
 */
const MOST_LEARNT = 1024

function bringForward(first: number, from: number): void {
  const names = known[from]!
  for (let at = from; at > first; at--) known[at] = known[at - 1]!
  known[first] = names
}

function setOf(names: readonly PropertyKey[]): number {
  const { length } = names
  const hash = Math.imul(length, 31) + bitsOf(names[0]!) + Math.imul(bitsOf(names[length >> 1]!), 7)
  return (hash + Math.imul(bitsOf(names[length - 1]!), 3)) & (SETS - 1)
}

function bitsOf(name: PropertyKey): number {
  return typeof name === 'string' && name.length > 0
    ? Math.imul(name.charCodeAt(0), 5) + name.charCodeAt(name.length - 1) + Math.imul(name.length, 17)
    : 0
}

function isSame(known: readonly PropertyKey[], names: readonly PropertyKey[]): boolean {
  if (known.length !== names.length) return false
  // V8 has one string for all names that are equal: mostly two pointers are compared.
  for (let at = 0; at < names.length; at++) if (known[at] !== names[at]) return false
  return true
}

function isWorthRemembering(names: readonly PropertyKey[]): boolean {
  let characters = 0
  for (const name of names) characters += typeof name === 'string' ? name.length : 0
  return characters <= MOST_CHARACTERS
}

function hashOf(names: readonly PropertyKey[]): number {
  let hash = names.length
  for (const name of names)
    hash = typeof name === 'string' ? hashText(hash, name) : Math.imul(hash ^ bitsOfKey(name), FNV_PRIME)
  return hash
}

/** No entry. */
const NOBODY = 0

/** What tells entries apart: of a long key only the end is read. */
function bitsOfKey(key: unknown): number {
  if (key === undefined) return NOBODY
  if (typeof key === 'string') return hashText(1, key.slice(-MOST_KEY_CHARACTERS))
  const isNumbered = typeof key === 'symbol' ? Symbol.keyFor(key) === undefined : Object(key) === key
  return isNumbered ? numberOf(key as WeakKey) : hashText(1, String(key))
}

const MOST_KEY_CHARACTERS = 64

/** What has no text that tells it from others has a number. */
function numberOf(one: WeakKey): number {
  const number = numbers.get(one) ?? numberCount++
  numbers.set(one, number)
  return number
}

const numbers = new WeakMap<WeakKey, number>()
let numberCount = 1

/** FNV-1a, with the length of each text. */
function hashText(begun: number, text: string): number {
  let hash = begun ^ text.length
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME)
  return hash
}

const FNV_PRIME = 0x01000193
