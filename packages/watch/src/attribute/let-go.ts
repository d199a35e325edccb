/** What an owner allows us to do is nothing that happens by itself: `registerCache('pages', { clear: () => pages.clear() })`. */
const registration = /registerCache\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g
/** Longer sources are bundles of a size that is not searched on the way. */
const MAX_SOURCE_LENGTH = 4_000_000

const removingMethods =
  'delete|clear|shift|pop|splice|off|removeListener|removeAllListeners|destroy|dispose|reset|prune|evict'

/**
 * Does anything in a module's source take entries out of a collection? Looks for calls that remove, for a `length` that is
 * set, a `delete`, or a second assignment, by the last name on the path (`Registry.cache` → `cache`). Searching text is not
 * proof, but it is fast, and what it overlooks (removal in another file, under another name) shows as entries that leave.
 */
export function judgeRemoval(source: string | null, path: string): 'never' | 'possible' | 'unknown' {
  const name = lastName(path)
  if (source === null || name === null || source.length > MAX_SOURCE_LENGTH) return 'unknown'
  const word = `(?<![\\w$#])${name.replaceAll(/[$#]/g, String.raw`\$&`)}(?![\\w$])`
  if (!new RegExp(word).test(source)) return 'unknown'
  const rest = source.replaceAll(registration, '')
  const removal = new RegExp(
    [
      String.raw`${word}\s*[!?]?\.?\s*\.\s*(?:${removingMethods})\b`,
      String.raw`${word}\s*[!?]?\.\s*length\s*=[^=]`,
      String.raw`\bdelete\s+[\w$.#]*${word}\s*[.[]`,
    ].join('|'),
  )
  return removal.test(rest) || countAssignments(rest, word) > 1 ? 'possible' : 'never'
}

/** The name after which a collection is called where it is used; null when the path has none. */
export function lastName(path: string): string | null {
  const listeners = /^(.*)\.on\('[^']*'\)$/.exec(path)
  const name = stripKeys(listeners ? listeners[1]! : path)
    .split('.')
    .at(-1)!
  return /^#?[A-Za-z_$][\w$]*$/.test(name) ? name : null
}

/** `idx["shop.example"]` → `idx`: keys that are data are no names. */
function stripKeys(path: string): string {
  return path.replace(/(?:\["(?:[^"\\]|\\.)*"\])+$/, '')
}

/** How many keys that are data stand behind the last name of a path. */
export function countKeys(path: string): number {
  return (path.slice(stripKeys(path).length).match(/\["/g) ?? []).length
}

/** Declarations, with or without a type, and plain assignments; not comparisons, arrows or default values of others. */
function countAssignments(source: string, word: string): number {
  return [...source.matchAll(new RegExp(String.raw`${word}\s*(?::[^=;,(){}]{1,80})?=(?![=>])`, 'g'))].length
}
