import { lastName } from './let-go.ts'

/** `pages.set(`, `this.#entries.push(`, `cache[key] =`: who is written into, in the source. */
const writes =
  /(?<![\w$#])((?:[\w$#]+(?:\[[^\]\n]{1,40}\])?[?!]?\.)*#?[A-Za-z_$][\w$]*)[?!]?(?:\.(?:set|add|push|unshift|on|once|addListener|prependListener)\s*\(|\s*\[[^\]\n]+\]\s*=(?![=>]))/g

/** Farther from the column than this nothing is looked for: a line may be a whole bundle. */
const MAX_DISTANCE = 1000

/**
 * What a variable is called where it was written: a minifier calls it `m`, and its path reads `m.#e`. Taken from the line that a
 * source map led to, nearest to the column; null when the path has that name already, or the line tells none.
 */
export function writtenName(path: string, line: string, column: number): string | null {
  const from = Math.max(0, column - 1 - MAX_DISTANCE)
  const near = [...line.slice(from, column - 1 + MAX_DISTANCE).matchAll(writes)]
  const [found] = near.sort(
    (left, right) => distance(left.index, left[0], column - from) - distance(right.index, right[0], column - from),
  )
  if (!found) return null
  const name = found[1]!.replace(/^this\.(?=[\w$#])/, '').replaceAll(/[?!](?=\.)/g, '')
  return lastName(name) === null || lastName(name) === lastName(path) ? null : name
}

function distance(index: number, text: string, column: number): number {
  return Math.max(index - (column - 1), column - 1 - (index + text.length), 0)
}
