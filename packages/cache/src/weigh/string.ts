/** Shortest string that V8 makes by reference to others: a slice of a parent, or a rope of two halves. */
export const SHORTEST_REFERENCE = 13

/**
 * Bytes of a string that owns its characters: a header of 16 and one or two bytes a character, in words of eight.
 * A string with a character above U+00FF takes two bytes for each. Of the empty string, and of each of one narrow character, V8
 * has one for all.
 */
export function stringBytes(text: string, isWide = isWideString(text)): number {
  const { length } = text
  return length === 0 || (length === 1 && !isWide) ? 0 : 16 + ((length * (isWide ? 2 : 1) + 7) & ~7)
}

/** Whether a character takes two bytes. V8 knows that a string of one-byte characters cannot match: next to nothing for those. */
export function isWideString(text: string): boolean {
  return wide.test(text)
}

/** An equal string that owns its characters, one byte each where that is possible: a fifth of what JSON.stringify costs. */
export function detachedCopy(text: string, isWide = isWideString(text)): string {
  if (text.length < SHORTEST_REFERENCE) return text
  if (text.length > SCRATCH_BYTES / 2) {
    const encoding = isWide ? 'utf16le' : 'latin1'
    return Buffer.from(text, encoding).toString(encoding)
  }
  // Joined by one call instead of two. Not what is narrow: a piece of a wide text would come out with two bytes a character, and be
  // charged one, as nothing in the language tells which it is.
  return isWide ? [text.charAt(0), text.slice(1)].join('') : scratch.latin1Slice(0, scratch.latin1Write(text, 0))
}

/**
 * Makes a string own its characters where it cannot be exchanged, three times as slowly: V8 replaces a string that becomes
 * the name of a property by its interned copy, wherever it stands, and lets its parent or its halves go.
 */
export function detachInPlace(text: string): void {
  // Beyond this V8 hashes a string by its length alone, so interning many of one length would compare each with each.
  if (text.length < SHORTEST_REFERENCE || text.length > 16_383) return
  // A narrow copy first: the piece of a wide text would be interned as wide, whatever it consists of.
  names[detachedCopy(text)] = 0
  names[text] = 0
  Reflect.deleteProperty(names, text)
}

const names = Object.create(null) as Record<string, number>

const SCRATCH_BYTES = 16_384
/** By the methods that `write` and `toString` of every Buffer end at: sorting their arguments takes a third of a short copy. */
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES) as Buffer & {
  latin1Write(text: string, at: number): number
  latin1Slice(from: number, to: number): string
}

const wide = /[^\0-\xff]/
