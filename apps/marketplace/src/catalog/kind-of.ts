import { categories } from './categories.ts'

const kindByNoun = new Map(
  categories.flatMap(({ kinds }) => kinds.flatMap(({ slug, nouns }) => nouns.map((noun) => [noun, slug] as const))),
)

// Longest first, so that "chest of drawers" is not read as whatever "chest" alone may mean, nor "toy boat" as a boat.
const longestFirst = [...kindByNoun.keys()].sort((one, other) => other.length - one.length)
const anyNoun = new RegExp(`(?<![a-z])(?:${longestFirst.join('|')})(?![a-z])`, 'g')

/** The kind a title speaks of: its last noun we know ("Teapot with wooden stool" is rare; "Oak-handled teapot" is not), or `null`. */
export function kindOf(title: string): string | null {
  // What follows a comma or "with" describes the thing, it does not name it.
  const [naming = ''] = title.toLowerCase().split(/,| with | for /)
  const nouns = naming.match(anyNoun) ?? title.toLowerCase().match(anyNoun)
  return nouns === null ? null : (kindByNoun.get(nouns.at(-1)!) ?? null)
}
