import { InvalidOptionError } from '@plimsoll/core'

/** A path with places that vary: `/products/{1..50000}`, `/{en,de,fr}/search?q={1..200}`. */
export interface PathPattern {
  readonly text: string
  /** How many different paths it makes. */
  readonly count: number
  /** The path of this number, from 0; begins anew after `count`. */
  at(number: number): string
}

const MAX_COUNT = 1e9

/**
 * Parses `{from..to}` (whole numbers) and `{one,other}` within a path. Numbers run through in order, the last place fastest, so that every
 * key is asked once before any is asked again: a cache fills as fast as it can, and what keeps every key is seen to.
 * @throws InvalidOptionError
 */
export function parsePathPattern(text: string): PathPattern {
  if (!text.startsWith('/')) throw faultIn(text, 'must begin with "/"')
  if (/[\s]/.test(text)) throw faultIn(text, 'must hold no blanks: write %20')
  const pattern = parsePattern(text, /\{([^{}]*)\}/)
  if (text.split(/\{[^{}]*\}/).some((part) => /[{}]/.test(part))) throw faultIn(text, 'has a brace without its partner')
  return pattern
}

/** The same for any text; `place` finds one that varies, with what stands between its braces. @throws InvalidOptionError */
export function parsePattern(text: string, place: RegExp): PathPattern {
  const parts = text.split(place)
  const places = parts
    .filter((_, index) => index % 2 === 1)
    .map((part) => parsePlace(part, (what) => faultIn(text, what)))
  const count = places.reduce((product, place) => product * place.count, 1)
  if (count > MAX_COUNT) throw faultIn(text, `makes more than ${MAX_COUNT} paths`)
  return {
    text,
    count,
    at(number) {
      let left = number % count
      let path = ''
      for (let index = parts.length - 1; index >= 0; index--) {
        if (index % 2 === 0) {
          path = parts[index] + path
          continue
        }
        const place = places[(index - 1) / 2]!
        path = place.at(left % place.count) + path
        left = Math.floor(left / place.count)
      }
      return path
    },
  }
}

function faultIn(text: string, what: string): InvalidOptionError {
  return new InvalidOptionError('Path', [{ where: `"${text.slice(0, 200)}"`, what }])
}

interface Place {
  count: number
  at(number: number): string
}

function parsePlace(text: string, fault: (what: string) => Error): Place {
  const range = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text)
  if (range) {
    const [from, to] = [Number(range[1]), Number(range[2])]
    if (to < from) throw fault(`has a range that runs backwards: {${text}}`)
    return { count: to - from + 1, at: (number) => String(from + number) }
  }
  const choices = text.split(',')
  if (choices.length < 2 || choices.some((choice) => choice === ''))
    throw fault(`has {${text}}, which must be {1..500} or {a,b}`)
  return { count: choices.length, at: (number) => choices[number]! }
}
