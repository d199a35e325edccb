import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

/** The rules of one `.gitignore`: what it says of a path, or `null` when it says nothing. */
interface Rules {
  folder: string
  patterns: { expression: RegExp; isFolderOnly: boolean; isIgnored: boolean }[]
}

/** What git ignores below a folder: its own `.gitignore`, and those above it up to the checkout's root; the nearest one wins. */
export type Ignored = readonly Rules[]

/** Rules from above a folder that somebody names. When they ignore the folder itself, it is meant all the same, and they do not count. */
export function ignoredAbove(folder: string): Ignored {
  const rules: Rules[] = []
  for (let at = folder; !existsSync(join(at, '.git'));) {
    const above = dirname(at)
    if (above === at) return []
    at = above
    const found = readRules(at)
    if (found) rules.unshift(found)
  }
  for (let at = folder; rules.length > 0 && dirname(at) !== at; at = dirname(at))
    if (isIgnored(rules, at, true)) return []
  return rules
}

/** The rules for what lies in a folder: those above, and its own. */
export function withRulesOf(folder: string, above: Ignored): Ignored {
  const own = readRules(folder)
  return own ? [...above, own] : above
}

export function isIgnored(ignored: Ignored, path: string, isFolder: boolean): boolean {
  for (const { folder, patterns } of [...ignored].reverse()) {
    const below = relative(folder, path).split(sep).join('/')
    if (below === '' || below.startsWith('..')) continue
    const last = patterns.findLast(
      ({ expression, isFolderOnly }) => (isFolder || !isFolderOnly) && expression.test(below),
    )
    if (last) return last.isIgnored
  }
  return false
}

function readRules(folder: string): Rules | null {
  let text: string
  try {
    text = readFileSync(join(folder, '.gitignore'), 'utf8')
  } catch {
    return null
  }
  const patterns = text.split(/\r?\n/).flatMap((line) => {
    const isIgnored = !line.startsWith('!')
    const pattern = line.slice(isIgnored ? 0 : 1).replace(/(?<!\\)\s+$/, '')
    if (pattern === '' || pattern.startsWith('#')) return []
    const isFolderOnly = pattern.endsWith('/')
    const expression = toExpression(isFolderOnly ? pattern.slice(0, -1) : pattern)
    return expression ? [{ expression, isFolderOnly, isIgnored }] : []
  })
  return { folder, patterns }
}

/** Patterns with a slash before their end are of this folder, others of any depth. `null` for one that is none. */
function toExpression(pattern: string): RegExp | null {
  const isAnchored = pattern.includes('/')
  const body = pattern.replace(/^\//, '').replaceAll(/\*\*\/|\/\*\*$|\*+|\?|\[!?[^\]]+\]|\\.|[^\w/-]/g, (part) => {
    if (part === '**/') return '(?:.*/)?'
    if (part === '/**') return '/.+'
    if (part.startsWith('*')) return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.startsWith('[') && part.length > 2) return part.replace('[!', '[^')
    return part.startsWith('\\') && part.length === 2
      ? `\\u{${part.codePointAt(1)!.toString(16)}}`
      : `\\u{${part.codePointAt(0)!.toString(16)}}`
  })
  try {
    return new RegExp(`^${isAnchored ? '' : '(?:.*/)?'}${body}$`, 'u')
  } catch {
    return null
  }
}
