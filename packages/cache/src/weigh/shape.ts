/**
 * Whether an object with these names in this order was met lately. V8 describes the names of an object once for all that have the
 * same, in as many maps as there are names; an object whose names are its own, such as ids, has those maps to itself, or a table.
 *
 * Remembers the last two of each of {@link SETS} sets, for all caches, as V8 shares its maps among all. What is forgotten is taken for
 * new, and so charged too much rather than too little.
 */
export function isKnownShape(names: readonly PropertyKey[]): boolean {
  const at = 2 * setOf(names)
  if (isSame(recent[at]!, names)) return true
  const isKnown = isSame(recent[at + 1]!, names)
  if (!isKnown && !isWorthRemembering(names)) return false
  recent[at + 1] = recent[at]!
  recent[at] = names
  return isKnown
}

const SETS = 128

/** Characters of the names that are remembered at most: what is kept here nobody is charged. */
const MOST_CHARACTERS = 2048

const recent = new Array<readonly PropertyKey[]>(2 * SETS).fill([])

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
