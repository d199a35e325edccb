import { Functions, type Place } from './functions.ts'
import type { Holder } from './holders.ts'
import type { HolderEvidence } from './judge-holder.ts'
import { arrivalPattern, escapeName, lastName, removalPattern, renewalPattern } from './source-text.ts'

/** Names that limit a count of entries. Not those that limit ages, bodies, listeners or sockets. */
const entryLimit =
  /^[_#]*(?:max|maximum|max_?(?:size|entries|items|keys|length|count|elements|records)|limit|capacity|cap|bound|size_?limit)$/i

/** Fewer things are the parts of an object, and no entries. */
const MANY_ENTRIES = 20

/** Of these names, those that limit nothing else. */
const entryWord = /entries|items|keys|count|elements|records/i

/** `cap` is in entries: none where it is bytes that are limited, and nothing tells how many of them an entry counts for. */
export interface Bound {
  cap: number | null
  /** Whether it is entries that `cap` limits beyond doubt: a number called `max` may be one of bytes. */
  isOfEntries: boolean
  why: string
}

/** Bounds of a holder that it has not reached, the surest first: of several, the first that is reached is the one that counts. */
export function* findBounds(
  holder: Holder,
  count: number | null,
  limits: HolderEvidence['limits'],
  sources: readonly string[],
): Generator<Bound> {
  // A limit of entries bounds nothing where it is not entries that come: a list of a hundred parsers, of which one leads to what grows.
  const doEntriesCome = holder.countBefore < MANY_ENTRIES || holder.countLeft + holder.countNew > holder.countBefore
  const read = Functions.readAll(sources)
  // A name like maxSize stands for bytes as well: it is one of entries where nothing is seen to keep to it in bytes.
  const named = (mayBeBytes: boolean) =>
    doEntriesCome ? findNamedBound(holder, count, limits, read, (name) => byteLimit.test(name) === mayBeBytes) : null
  const find = [
    () => named(false),
    () => (doEntriesCome ? findComparedBound(holder, count, limits, read) : null),
    () => findTotalBound(holder, doEntriesCome ? count : null, limits, read),
    () => named(true),
  ]
  for (const one of find) {
    const bound = one()
    if (bound) yield bound
  }
}

/** What lets entries of `word` go where a limit is kept to. What is declared there is another. */
function lettingGo(word: string): RegExp {
  return new RegExp(String.raw`${removalPattern(word)}|(?<!(?:const|let|var)\s+)${renewalPattern(word)}`)
}

/** Of what cannot be told by its name, any collection of the owner's may be it. */
const ownCollection = String.raw`\bthis\s*\.\s*[\w$#]+`

/** A limit that has been passed is none. */
function isOpen(cap: number, count: number | null): boolean {
  return count === null || cap >= count * 0.98
}

function findNamedBound(
  holder: Holder,
  count: number | null,
  limits: HolderEvidence['limits'],
  sources: readonly Functions[],
  isMeant: (name: string) => boolean,
): Bound | null {
  const open = [...limits, ...holder.numbers.filter(({ isOfOwner }) => isOfOwner)].find(
    ({ name, value }) =>
      entryLimit.test(name) &&
      isMeant(name) &&
      Number.isInteger(value) &&
      value >= 8 &&
      value < 1e9 &&
      isOpen(value, count) &&
      !limitsOneItem(name, holder, sources),
  )
  if (!open) return null
  const { name, value } = open
  return { cap: value, isOfEntries: entryWord.test(name), why: `fills up to ${name} = ${value} entries` }
}

function findComparedBound(
  holder: Holder,
  count: number | null,
  limits: HolderEvidence['limits'],
  sources: readonly Functions[],
): Bound | null {
  const name = lastName(holder.path)
  if (name === null) return null
  for (const functions of sources) {
    for (const { operand, isActedOn, index } of comparisons(functions, name)) {
      const found = resolveNumber(operand, holder, functions, index)
      if (found === null && !isActedOn) continue
      // What a getter answers stands nowhere in the heap.
      const value = found ?? limits.find(({ name: limit }) => bareName(limit) === bareName(operand))?.value ?? null
      if (value === null) return { cap: null, isOfEntries: false, why: `is compared with ${operand} before it grows` }
      if (value >= 8 && isOpen(value, count))
        return { cap: value, isOfEntries: true, why: `${tellLimit(operand, value)} entries` }
    }
  }
  return null
}

function tellLimit(operand: string, value: number): string {
  return `fills up to ${operand === String(value) ? '' : `${operand} = `}${value}`
}

/** Whether all that is compared with a limit is how long a thing is that comes (`if (body.length > this.maxSize) throw`). */
function limitsOneItem(limit: string, { path }: Holder, sources: readonly Functions[]): boolean {
  const name = lastName(path)
  const removes = lettingGo(name === null ? ownCollection : escapeName(name))
  const compared = sources.flatMap((functions) =>
    signs(functions.code).flatMap(({ left, right, index }) => {
      const other = bareName(right) === bareName(limit) ? left : bareName(left) === bareName(limit) ? right : null
      return other === null ? [] : [{ other, branch: functions.branch(index), functions }]
    }),
  )
  const isOfOne = (other: string) => {
    const item = /^([\w$]+)\.(?:length|byteLength|size|bytes)$/.exec(other)?.[1]
    return item !== undefined && item !== 'this' && item !== name
  }
  return (
    compared.length > 0 &&
    compared.every(({ other, branch, functions }) => isOfOne(other) && !(branch && functions.does(removes, branch)))
  )
}

/** Names that limit what all entries together may weigh. */
const byteLimit =
  /^[_#]*(?:max(?:imum)?_?(?:total_?)?(?:bytes|size|weight|cost)|(?:bytes?|size|weight)_?(?:limit|budget)|(?:limit|capacity|budget)_?(?:in_?)?bytes)$/i

/** Of one source, so many comparisons are looked at. */
const MAX_SIGNS = 5000

/**
 * A limit of what all entries together weigh, or of how many are counted. That a number is called `maxBytes` proves nothing, one item may be
 * all that it limits: a total must be compared with it that grows where entries come, and falls where they leave: in what is run only when the comparison holds.
 */
function findTotalBound(
  holder: Holder,
  count: number | null,
  limits: HolderEvidence['limits'],
  sources: readonly Functions[],
): Bound | null {
  const name = lastName(holder.path)
  const removes = lettingGo(name === null ? ownCollection : escapeName(name))
  const removesAny = lettingGo(ownCollection)
  const beside = [...limits, ...holder.numbers.filter(({ isOfOwner }) => isOfOwner)]
  for (const functions of sources) {
    const totals = runningTotals(functions.code)
    // A chain is let go of link by link, and what limits it is beside it.
    const isChain = name !== null && !new RegExp(arrivalPattern(escapeName(name))).test(functions.code)
    for (const { left, sign, right, index } of signs(functions.code).slice(0, MAX_SIGNS)) {
      const [spelled, operand] = sign === '>' ? [left, right] : [right, left]
      const total = totals.of(spelled)
      if (!totals.grow.has(total)) continue
      const field = totals.of(`.${fieldOf(operand, functions, index)}`)
      const limit = beside.find((one) => byteLimit.test(one.name) && totals.of(`.${one.name}`) === field)
      const value = limit?.value ?? resolveNumber(operand, holder, functions, index) ?? 0
      const isCount = totals.counts.has(total)
      if (isCount ? value < 8 || value < 0.98 * (count ?? Infinity) : value < holder.grownBytes) continue
      const doEntriesLeave = [index, ...functions.asked(index)].some((at) => {
        const branch = functions.branch(at)
        if (!branch) return false
        // A loop would never end if the total did not fall.
        if (!branch.isLoop && !functions.does(falls(total, name), functions.andNext(branch))) return false
        return functions.does(limit !== undefined && isChain ? removesAny : removes, branch)
      })
      if (!doEntriesLeave || !growsWithEntries(functions, totals.grow.get(total)!, name)) continue
      if (isCount) return { cap: value, isOfEntries: true, why: `${tellLimit(operand, value)} entries` }
      // What it weighs now tells how many entries like those it has room for.
      const held = holder.numbers.find((one) => bareName(one.name) === bareName(total))?.value ?? 0
      const cap = held > 0 && count !== null ? Math.round((count * value) / held) : null
      return { cap, isOfEntries: cap !== null, why: tellLimit(limit?.name ?? operand, value) }
    }
  }
  return null
}

/** Whether a total grows in a function in which entries come, or that one of these calls, or that calls one. */
function growsWithEntries(functions: Functions, growsAt: readonly number[], name: string | null): boolean {
  if (name === null) return true
  const word = escapeName(name)
  const comes = new RegExp(arrivalPattern(word), 'g')
  const whole = { from: 0, to: functions.code.length, name: null }
  const placesOf = (at: readonly number[]) => new Set(at.map((one) => functions.around(one) ?? whole))
  const comings = [...placesOf([...functions.code.matchAll(comes)].map(({ index }) => index))]
  const growths = [...placesOf(growsAt)]
  const calls = ({ from, to }: Place, callee: string | null) =>
    callee !== null && new RegExp(String.raw`${escapeName(callee)}\s*\(`).test(functions.code.slice(from, to))
  // Where nobody is seen to write, it is written to from elsewhere.
  return (
    comings.length === 0 ||
    comings.some((coming) =>
      growths.some((growth) => growth === coming || calls(coming, growth.name) || calls(growth, coming.name)),
    )
  )
}

/** What takes from a total, or begins it anew: at nothing, or at what is left. */
function falls(total: string, name: string | null): RegExp {
  const bare = total.replace(/^\./, '').replaceAll('$', String.raw`\$`)
  const word = total.startsWith('.')
    ? String.raw`\.\s*[_#]*${bare}`
    : String.raw`(?<![\w$.#])(?<!(?:let|var)\s+)${bare}`
  const left = name === null ? '' : String.raw`|(?:this\s*\.\s*)?${escapeName(name)}\s*\.\s*(?:size|length)\b`
  return new RegExp(
    String.raw`${word}\s*(?:-=|--|=\s*(?:0(?![\w.])|[\w$.#]*(?<![\w$])[_#]*${bare}\s*-${left}))|--\s*(?:[\w$#]+\s*\.\s*)*${word}`,
  )
}

function bareName(operand: string): string {
  return operand
    .split('.')
    .at(-1)!
    .replace(/^[_#]+/, '')
}

interface Sign {
  left: string
  sign: string
  right: string
  index: number
}

/** A number or a name, or a product of some. */
const factors = String.raw`[\w$.#]+(?:\s*\*{1,2}\s*[\w$.#]+){0,3}`
/** Begun in the middle of a word, each would be read once for every letter that it has. */
const comparison = new RegExp(
  String.raw`(?<![\w$.#])(?:(${factors})\s*[+-]\s*)?(${factors})\s*([<>])=?\s*(${factors})(?:\s*[+-]\s*(${factors}))?`,
  'g',
)

/** What is compared with what. A sum counts for each of its two parts. */
function signs(source: string): Sign[] {
  return [...source.matchAll(comparison)].flatMap(({ index, 1: first, 2: second, 3: sign, 4: third, 5: fourth }) =>
    [first, second].flatMap((left) =>
      [third, fourth].flatMap((right) => (left && right ? [{ left, sign: sign!, right, index }] : [])),
    ),
  )
}

/** A getter that does nothing but answer with this. */
function getterOf(answer: string): RegExp {
  return new RegExp(String.raw`\bget\s+([\w$]+)\s*\(\s*\)[^{};]{0,40}\{\s*return\s+${answer}\s*;?\s*\}`, 'g')
}

interface Totals {
  /** And where. */
  grow: ReadonlyMap<string, readonly number[]>
  /** Those that grow by one at a time. */
  counts: ReadonlySet<string>
  /** By what a total is known here, however it is spelled: `this.bytes`, `cache.bytes` and a getter that answers with it are one. */
  of(spelled: string): string
}

/** What a source adds to: `bytes += …`, `this.bytes = this.bytes + …`, `count++`. */
function runningTotals(source: string): Totals {
  const getters = new Map(
    [...source.matchAll(getterOf(String.raw`this\s*\.\s*([\w$#]+)`))].map(([, getter, field]) => [
      getter!,
      bareName(field!),
    ]),
  )
  const of = (spelled: string): string => {
    const bare = bareName(spelled)
    // A variable may be called as a field of something else is.
    return spelled.includes('.') ? `.${getters.get(bare) ?? bare}` : bare
  }
  const grow = new Map<string, number[]>()
  const byMore = new Set<string>()
  const note = (spelled: string, at: number): void => {
    const total = of(spelled)
    const places = grow.get(total)
    if (places) places.push(at)
    else grow.set(total, [at])
  }
  for (const { index, 1: total, 2: added } of source.matchAll(
    /(?<![\w$.#])([\w$.#]+)\s*(?:\+=|=\s*\1\s*\+)\s*([\w$.#]*)/g,
  )) {
    note(total!, index)
    if (added !== '1') byMore.add(of(total!))
  }
  for (const { index, 1: before, 2: stepped, 3: after } of source.matchAll(/(?<![\w$.#+])(\+\+)?([\w$.#]+)(\+\+)?/g))
    if (before ?? after) note(stepped!, index)
  return { grow, counts: new Set([...grow.keys()].filter((total) => !byMore.has(total))), of }
}

interface Comparison {
  operand: string
  index: number
  /** Something is removed or refused there, rather than somebody told when there is room. */
  isActedOn: boolean
}

/** What the count of entries of `name` is compared with: `5000`, `MAX_SEEN`, `this.max`. A getter may be what counts them. */
function comparisons(functions: Functions, name: string): Comparison[] {
  const word = escapeName(name)
  const size = String.raw`${word}\s*\.\s*(?:size|length)`
  const getters = [...functions.code.matchAll(getterOf(String.raw`(?:this\s*\.\s*)?${size}`))].map(
    ([, getter]) => String.raw`\bthis\s*\.\s*${escapeName(getter!)}`,
  )
  const counted = `(?:${[size, String.raw`Object\s*\.\s*keys\s*\(\s*(?:this\s*\.\s*)?${word}\s*\)\s*\.\s*length`, ...getters].join('|')})`
  const after = new RegExp(String.raw`${counted}\s*(?<sign>>=?|===?|<=?)\s*(?<operand>${factors})`, 'g')
  const before = new RegExp(
    String.raw`(?<![\w$.#])(?<operand>${factors})\s*(?<sign><=?|===?|>=?)\s*(?:this\s*\.\s*)?${counted}`,
    'g',
  )
  const removes = lettingGo(word)
  const comes = new RegExp(arrivalPattern(word))
  return [after, before]
    .flatMap((pattern) => [...functions.code.matchAll(pattern)].map((match) => ({ match, isLeft: pattern === after })))
    .map(({ match: { index, groups }, isLeft }) => ({
      index,
      operand: groups!.operand!,
      isFull: !groups!.sign!.startsWith(isLeft ? '<' : '>'),
    }))
    .filter(({ operand }) => !/^(?:[01]|i|j|k|n|index|idx|undefined|null)$/.test(operand))
    .slice(0, MAX_SIGNS)
    .map(({ index, operand, isFull }) => {
      const [then, otherwise] = isFull ? [removes, comes] : [comes, removes]
      const isActedOn = [index, ...functions.asked(index)].some((at) => {
        const branch = functions.branch(at)
        return branch !== null && (functions.does(then, branch) || doesOtherwise(functions, otherwise, branch))
      })
      return { operand, index, isActedOn }
    })
}

/** Whether it is done only where the branch is not taken: in its `else`, or behind one that leaves the function. */
function doesOtherwise(functions: Functions, pattern: RegExp, branch: Place): boolean {
  const { code } = functions
  const next = { from: branch.to, to: functions.andNext(branch).to }
  if (/^[\s;}]*else\b/.test(code.slice(next.from, next.to))) return functions.does(pattern, next)
  if (!/\b(?:throw|return|break|continue)\b/.test(code.slice(branch.from, branch.to))) return false
  const rest = { from: branch.to, to: functions.around(branch.from)?.to ?? code.length }
  return functions.does(pattern, rest)
}

/** `5000`, `MAX_SEEN`, `64 * 1024 ** 2`. */
function resolveNumber(operand: string, holder: Holder, functions: Functions, at: number): number | null {
  return multiply(operand, (factor) => readLiteral(factor) ?? resolveName(factor, holder, functions, at))
}

function resolveName(operand: string, holder: Holder, functions: Functions, at: number): number | null {
  const last = operand.split('.').at(-1)!
  const beside = holder.numbers.find(({ name }) => name === last || name === `#${last}` || name === `_${last}`)
  if (beside) return beside.value
  const constant = numberAtFirst.exec(functions.declared(last, at) ?? '')
  return constant && multiply(constant[0], readLiteral)
}

const literal = String.raw`\d[\d_.]*(?:e\d+)?(?![\w$.])`
const numberAtFirst = new RegExp(String.raw`^${literal}(?:\s*\*{1,2}\s*${literal})*`)

/** The field that is compared with, be it by way of a variable: `const room = this.maxBytes - size`. */
function fieldOf(operand: string, functions: Functions, at: number): string {
  const given = operand.includes('.') ? null : functions.declared(operand, at)
  return bareName(/^(?:[\w$#]+\s*\.\s*)+[\w$#]+/.exec(given ?? '')?.[0] ?? operand)
}

function multiply(product: string, read: (factor: string) => number | null): number | null {
  const products = product.split(/(?<!\*)\*(?!\*)/).map((powers) => {
    const factors = powers.split('**').map((factor) => read(factor.trim()))
    return factors.includes(null) ? null : factors.reduceRight((exponent, base) => base! ** exponent!)
  })
  return products.includes(null) ? null : products.reduce((left, right) => left! * right!)
}

function readLiteral(text: string): number | null {
  const value = Number(text.replaceAll('_', ''))
  return text !== '' && Number.isFinite(value) ? value : null
}
