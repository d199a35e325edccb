/** What takes entries out of the collection that the pattern `word` stands for. */
export function removalPattern(word: string): string {
  return String.raw`${word}\s*\??\.\s*(?:delete|clear|shift|splice|pop)\s*\(|delete\s+(?:this\s*\.\s*)?${word}\s*[[.]|${word}\s*\.\s*length\s*=[^=]|${word}\s*=\s*(?:this\s*\.\s*)?${word}\s*\.\s*(?:filter|slice)\b|${word}\s*\[[^\]\n]{0,80}\]\s*=\s*(?:undefined|null|void 0)\b`
}

/** What puts an empty collection in its place. */
export function renewalPattern(word: string): string {
  return String.raw`(?:this\s*\.\s*)?${word}\s*=\s*(?:/\*[^*]*\*/\s*)?(?:new\s+(?:Map|Set)\b|Object\.create\(|\[\s*\]|\{\s*\})`
}

/** What puts entries in. */
export function arrivalPattern(word: string): string {
  return String.raw`${word}\s*\??\.\s*(?:set|add|push|unshift)\s*\(|${word}\s*\[[^\]\n]{0,80}\]\s*(?:\?\?|\|\|)?=(?![=>])(?!\s*(?:undefined|null|void 0)\b)`
}

/** Lines above and below a place. What is minified stands in one line: of that, so much as that many lines hold, and no less than this. */
export function around(source: string, index: number, above: number, below: number): string {
  const chars = (lines: number): number => Math.max(600, 100 * lines)
  const before = source.slice(Math.max(0, index - chars(above)), index).split('\n')
  const since = source.slice(index, index + chars(below)).split('\n')
  return before.slice(-above - 1).join('\n') + since.slice(0, below + 1).join('\n')
}

/** `sessions` of `app.sessions`, `entries` of `store.#entries`; null when the path ends in no name. */
export function lastName(path: string): string | null {
  return /([\w$#]+)$/.exec(path.replaceAll('[]', '').replace(/\.+$/, ''))?.[1] ?? null
}

/** A name where it stands for itself, as a pattern. */
export function escapeName(name: string): string {
  return String.raw`(?<![\w$])${name.replaceAll(/[$#]/g, String.raw`\$&`)}(?![\w$])`
}
