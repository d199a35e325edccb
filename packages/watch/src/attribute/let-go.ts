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
 * `tended` is a removal that comes by itself: beside a count that is held against a bound, or out of a timer.
 */
export function judgeRemoval(source: string | null, path: string): 'never' | 'possible' | 'tended' | 'unknown' {
  if (source === null || source.length > MAX_SOURCE_LENGTH) return 'unknown'
  const found = findWord(path, source)
  if (found === null || !new RegExp(found.word).test(source)) return 'unknown'
  const { word, isElsewhere } = found
  const rest = source.replaceAll(registration, '')
  const removal = new RegExp(
    [
      String.raw`${word}\s*(?:[!?]\s*)?\.\s*(?:${removingMethods})\b`,
      String.raw`${word}\s*[!?]?\.\s*length\s*=[^=]`,
      String.raw`\bdelete\s+[\w$.#]*${word}\s*[.[]`,
    ].join('|'),
  )
  if (!removal.test(rest) && countAssignments(rest, word) <= 1) return isElsewhere ? 'unknown' : 'never'
  return isTended(rest, word) ? 'tended' : 'possible'
}

/** How far behind the head of a timer or function its removal may stand, in characters. */
const MAX_BODY_LENGTH = 600
/** Timers of a module that are looked into. */
const MAX_TIMERS = 40

function isTended(source: string, word: string): boolean {
  const count = String.raw`(?:${word}\s*\.\s*(?:size|length)|\bkeys\(\s*[\w$.#]*${word}\s*\)\s*\.\s*length)`
  // `> 0` asks whether there is anything; a comparison after `;` is that of a loop.
  const isBounded = new RegExp(
    `${count}${String.raw`\s*>=?\s*(?!0\b)[\w$(]|(?<![\w$.#])(?=[\w$.#])(?<!;\s*)[\w$.#]+\s*<=?\s*[\w$.#]*`}${count}`,
  )
  if (isBounded.test(source)) return true
  const removal = new RegExp(
    String.raw`${word}\s*(?:[!?]\s*)?\.\s*(?:${removingMethods})\b|\bdelete\s+[\w$.#]*${word}\s*[.[]`,
  )
  return timerBodies(source).some((index) => removal.test(source.slice(index, index + MAX_BODY_LENGTH)))
}

/** Where the bodies of timers begin: at their heads, and at the functions these name. */
function timerBodies(source: string): number[] {
  const heads = [...source.matchAll(/\bset(?:Timeout|Interval)\s*\(\s*(?:\(\)\s*=>\s*)?(?:[\w$]+\.)*([\w$#]*)/g)]
  return heads.slice(0, MAX_TIMERS).flatMap(({ index, 1: name = '' }) => {
    const escaped = name.replaceAll('$', String.raw`\$`)
    const declared =
      name === ''
        ? -1
        : source.search(new RegExp(String.raw`(?:^|[^\w$.])${escaped}\s*(?:=(?!=)|\([^()]*\)\s*\{)`, 'm'))
    const named = name === '' ? -1 : source.search(new RegExp(String.raw`function\s+${escaped}\b`))
    return [index, declared, named].filter((at) => at >= 0)
  })
}

interface Word {
  name: string
  /** A pattern of it as a whole word, or of a field of that symbol. */
  word: string
  /** Other modules know it as well, or it goes by another name here: what is not seen here may be there. */
  isElsewhere: boolean
}

/** How a collection is written in a source; null when its path ends in no name, or in a symbol that is unknown there. */
export function findWord(path: string, source: string): Word | null {
  const description = /\[Symbol\(([^()]+)\)\]$/.exec(path)?.[1]
  if (description !== undefined) return findSymbol(description, source)
  const name = lastName(path)
  return name === null ? null : { name, word: `(?<![\\w$#])${escape(name)}(?![\\w$])`, isElsewhere: false }
}

/** A symbol by its declaration, else, where it is imported, by a name like its description: `kClients`. */
function findSymbol(description: string, source: string): Word | null {
  const declaration = String.raw`(?<![\w$])([\w$]+)\s*=\s*Symbol(\.for)?\(\s*['"\`]${escape(description)}['"\`]\s*\)`
  const own = [...source.matchAll(new RegExp(declaration, 'g'))]
  const name = own[0]?.[1] ?? findImported(description, source)
  if (name === undefined) return null
  const word = String.raw`\[\s*${escape(name)}\s*\]`
  const isPrivate = own.length === 1 && own[0]![2] === undefined && !isExported(own[0]!.index, source)
  return { name, word, isElsewhere: !isPrivate || isHandedOn(name, word, source) }
}

function isExported(index: number, source: string): boolean {
  return /(?:\bexport\s+(?:const|let|var)\s+|\.)$/.test(source.slice(Math.max(0, index - 40), index))
}

/** Is a symbol or what stands under it used for anything but a call, a count, an element, or to be filled with something new? */
function isHandedOn(name: string, word: string, source: string): boolean {
  const escaped = escape(name)
  const bare = [...source.matchAll(new RegExp(String.raw`(?<![\w$])${escaped}(?![\w$])`, 'g'))].length
  const inBrackets = [...source.matchAll(new RegExp(word, 'g'))].length
  // Its declaration is one; another is an export, an argument, or another of its name.
  if (bare - inBrackets > 1) return true
  const fresh = String.raw`(?:\s*:[^=;,(){}]{1,80})?\s*(?:\?\?|\|\|)?=\s*(?:new\b|[[{]|null\b|undefined\b)`
  const own = new RegExp(
    String.raw`${word}(?:\s*(?:[!?]\s*)?\.\s*(?:(?:size|length)\b|[\w$#]+\s*\()|\s*(?:\?\.\s*)?\[(?!\s*['"\`])|${fresh})`,
    'g',
  )
  if ([...source.matchAll(own)].length < inBrackets) return true
  // `const rooms = this[kRooms] = new Map()`; a list of symbols looks like a field, too.
  const alias = String.raw`(?:[=(>,?:&|]|\breturn\b)\s*[\w$.]+${word}\s*(?:\?\?|\|\|)?=(?!=)|(?<![\w$)\]!.\s]|;)\s*${word}\s*\.`
  return new RegExp(alias).test(source)
}

/** Lists of names that come from other modules. */
const imports = /\bimport\b([^;'"()]{0,3000})\bfrom\b|\{([^{}]{0,3000})\}\s*=\s*require[\w$]*\s*\(/g

function findImported(description: string, source: string): string | undefined {
  const wanted = plain(/[^.:/]*$/.exec(description)![0])
  if (wanted === '') return undefined
  const names = [...source.matchAll(imports)].flatMap(([, esm, cjs]) => (esm ?? cjs)!.match(/[\w$]+/g) ?? [])
  return names.find((name) => [wanted, `k${wanted}`].includes(plain(name)))
}

function plain(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9]/g, '').toLowerCase()
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^$#{}()|[\]\\/]/g, String.raw`\$&`)
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
