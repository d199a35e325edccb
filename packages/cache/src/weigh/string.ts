/** Shortest string that V8 makes by reference to others: a slice of a parent, or a rope of two halves. */
const SHORTEST_REFERENCE = 13

/** Beyond this V8 hashes a string by its length only, so interning many of one length would compare each with each. */
const LONGEST_INTERNED = 16_383

/**
 * Bytes of a string that owns its characters: a header of 16 and one or two bytes a character, in words of eight.
 * A string with a character above U+00FF takes two bytes for each.
 */
export function stringBytes(text: string): number {
  const { length } = text
  return length === 0 ? 0 : 16 + ((length * (isOneByte(text) ? 1 : 2) + 7) & ~7)
}

/**
 * Makes a string own its characters without changing what anybody holds: V8 replaces a string that becomes the name of a
 * property by its interned copy, wherever it stands, and lets its parent or its halves go. Answers whether it could.
 */
export function detachInPlace(text: string): boolean {
  if (text.length < SHORTEST_REFERENCE) return true
  if (text.length > LONGEST_INTERNED) return false
  names[text] = 0
  Reflect.deleteProperty(names, text)
  return true
}

const names: Record<string, number> = Object.create(null) as Record<string, number>

/** An equal string that owns its characters, one byte each where that is possible. */
export function detachedCopy(text: string): string {
  if (text.length < SHORTEST_REFERENCE) return text
  const encoding = isOneByte(text) ? 'latin1' : 'utf16le'
  if (text.length > SCRATCH_BYTES / 2) return Buffer.from(text, encoding).toString(encoding)
  return scratch.toString(encoding, 0, scratch.write(text, 0, encoding))
}

const SCRATCH_BYTES = 16_384
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)

const wide = /[^\0-\xff]/

function isOneByte(text: string): boolean {
  const { length } = text
  if (length > 24) return !wide.test(text)
  for (let at = 0; at < length; at++) if (text.charCodeAt(at) > 0xff) return false
  return true
}
