// Which of the packages with a published leak fix are sealed? Prints both sides of the draw.
//   node bench/review/draw-pairs.js
// The list (pair-candidates.json) was made from release notes, advisories and threads alone, and drawn before any of the code was read.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createSeededRandom, nextBelow } from '@plimsoll/core'

const seed = 22_11_2026
const sealedCount = 22

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))

/** A name that the first corpus holds already is not new, and belongs to the open side. */
export function drawPairNames() {
  const { sites, pairs, wellKept } = read('./corpus.json')
  const nameOf = (spec) => spec.slice(0, spec.lastIndexOf('@'))
  const known = new Set([...sites, ...wellKept.map((spec) => ({ spec }))].map(({ spec }) => nameOf(spec)))
  for (const { leaking } of pairs) known.add(nameOf(leaking))
  const left = read('./pair-candidates.json').map(({ name }) => name)
  const random = createSeededRandom(seed)
  const drawn = Array.from({ length: left.length }, () => left.splice(nextBelow(random, left.length), 1)[0])
  const sealed = drawn.slice(0, sealedCount).filter((name) => !known.has(name))
  return { sealed, open: drawn.filter((name) => !sealed.includes(name)) }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(`${JSON.stringify(drawPairNames(), null, 2)}\n`)
