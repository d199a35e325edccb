/** An expression that is anchored at both ends, and how long a text it may be asked about. */
export interface Expression {
  regex: RegExp
  /** In characters. Beyond, failing could take longer than {@link MAX_STEPS} steps. */
  maxTextLength: number
}

const MAX_PATTERN_LENGTH = 1000
const MAX_TEXT_LENGTH = 1024
/** An expression that can't be asked about as much as this is of no use: labels are that long. */
const MIN_TEXT_LENGTH = 64
/** What one text may cost: some 30 ms. */
const MAX_STEPS = 3e7
/** A repetition that varies by more than this counts as one without an end. */
const MAX_COUNTED = 16

/**
 * Compiles an expression, anchored; leading flags such as `(?i)` are understood.
 *
 * Where this syntax comes from, time grows with the text alone; the engine here goes back and tries every other way. So the ways
 * are counted first: alternatives and optional parts multiply them, and each repetition multiplies them by the length of the text.
 * A repetition of what has several ways itself has no bound, and is refused.
 * @throws {@link Error} saying what to write instead
 */
export function compileExpression(pattern: string): Expression {
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw new Error(`an expression may have ${MAX_PATTERN_LENGTH} characters: name fewer things, or use two`)
  const [, flags = '', rest = ''] = /^(?:\(\?([is]+)\))?(.*)$/s.exec(pattern) ?? []
  const allFlags = [...new Set(`${flags}s`)].join('')
  let regex: RegExp
  try {
    // By itself first: with a stray bracket it could climb out of the anchors.
    new RegExp(rest, allFlags)
    regex = new RegExp(`^(?:${rest})$`, allFlags)
  } catch {
    throw new Error(`${pattern.slice(0, 100)} is no valid expression`)
  }
  const maxTextLength = affordableLength(readEffort(rest, pattern))
  if (maxTextLength < MIN_TEXT_LENGTH)
    throw new Error(
      `the expression ${pattern.slice(0, 100)} could be tried in too many ways: use fewer of * + ? and |, or several matchers`,
    )
  return { regex, maxTextLength }
}

/** In how many ways a part can be tried, how many of its repetitions have no end, and how many characters one try compares. */
interface Effort {
  ways: number
  repeatCount: number
  width: number
}

/** The last thing read, to which a quantifier may belong. */
interface Part extends Effort {
  hasChoice: boolean
  isDot: boolean
}

/** A group that is being read: alternatives that ended, and the one that goes on. */
interface Group {
  done: Effort | null
  current: Effort
  last: Part | null
  hasChoice: boolean
}

const nothing: Effort = { ways: 1, repeatCount: 0, width: 0 }
const single = { ways: 1, repeatCount: 0, width: 1, hasChoice: false }

function readEffort(pattern: string, whole: string): Effort {
  const groups: Group[] = [openGroup()]
  const token = /\\.|\[(?:[^\]\\]|\\.)*\]|\(\??|\)|\||(?:[*+?]|\{\d+(?:,\d*)?\})\??|./gsu
  for (const [text] of pattern.matchAll(token)) {
    const group = groups.at(-1)!
    const bounds = group.last ? readBounds(text) : null
    if (bounds) {
      group.last = repeat(group.last!, bounds, whole)
      group.hasChoice ||= group.last.hasChoice
    } else if (text.startsWith('(')) {
      endPart(group)
      groups.push(openGroup())
    } else if (text === ')') {
      const effort = endAlternative(groups.pop()!)
      groups.at(-1)!.last = { ...effort, hasChoice: group.hasChoice, isDot: false }
      groups.at(-1)!.hasChoice ||= group.hasChoice
    } else if (text === '|') {
      if (groups.length === 1) dropRest(group)
      group.done = endAlternative(group)
      group.current = nothing
      group.hasChoice = true
    } else {
      endPart(group)
      group.last = { ...single, isDot: text === '.' }
    }
  }
  const [outermost] = groups as [Group]
  dropRest(outermost)
  return endAlternative(outermost)
}

/** A `.*` at the very end takes what is left at once: nothing after it could fail. */
function dropRest(group: Group): void {
  if (group.last?.isDot) group.last = null
}

function openGroup(): Group {
  return { done: null, current: nothing, last: null, hasChoice: false }
}

function endPart(group: Group): void {
  if (group.last) group.current = join(group.current, group.last)
  group.last = null
}

function endAlternative(group: Group): Effort {
  endPart(group)
  const { done, current } = group
  if (!done) return current
  return {
    ways: done.ways + current.ways,
    repeatCount: Math.max(done.repeatCount, current.repeatCount),
    width: Math.max(done.width, current.width),
  }
}

function join(one: Effort, other: Effort): Effort {
  return {
    ways: one.ways * other.ways,
    repeatCount: one.repeatCount + other.repeatCount,
    width: one.width + other.width,
  }
}

function readBounds(text: string): { min: number; max: number } | null {
  if (text.startsWith('*')) return { min: 0, max: Infinity }
  if (text.startsWith('+')) return { min: 1, max: Infinity }
  if (text.startsWith('?')) return { min: 0, max: 1 }
  const [found, min, comma, max] = /^\{(\d+)(,?)(\d*)\}/.exec(text) ?? []
  if (found === undefined) return null
  return { min: Number(min), max: comma === '' ? Number(min) : max === '' ? Infinity : Number(max) }
}

function repeat(part: Part, { min, max }: { min: number; max: number }, whole: string): Part {
  if (part.hasChoice && max > MAX_COUNTED)
    throw new Error(
      `the expression ${whole.slice(0, 100)} repeats a group that holds a repetition or alternatives, which could take forever: ` +
        'write it flat, such as [ab]* for (a|b)*, or .* for (a.*)*',
    )
  const hasChoice = part.hasChoice || min !== max
  if (max - min > MAX_COUNTED)
    return {
      ways: part.ways,
      repeatCount: part.repeatCount + 1,
      width: part.width * Math.max(min, 1),
      hasChoice,
      isDot: part.isDot && min <= 1 && max === Infinity,
    }
  let ways = 0
  for (let count = min; count <= max; count++) ways += part.ways ** count
  return { ways, repeatCount: part.repeatCount * max, width: part.width * max, hasChoice, isDot: false }
}

/** The longest text of which `repeatCount` places can be chosen in so few ways that all of them may be tried. */
function affordableLength({ ways, repeatCount, width }: Effort): number {
  const choices = MAX_STEPS / (ways * Math.max(width, 1))
  if (repeatCount === 0) return choices >= 1 ? MAX_TEXT_LENGTH : 0
  let factorial = 1
  for (let factor = 2; factor <= repeatCount; factor++) factorial *= factor
  return Math.min(MAX_TEXT_LENGTH, Math.floor((choices * factorial) ** (1 / repeatCount)))
}
