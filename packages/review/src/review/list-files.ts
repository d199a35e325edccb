import { readdirSync, readFileSync, statSync, type Dirent } from 'node:fs'
import { join } from 'node:path'

const extensions = /\.(js|cjs|mjs|jsx|ts|cts|mts|tsx)$/i
/** What does not serve: tests, what tests use, what was made from something else. A file that is named is always read. */
const skippedFolders =
  /^(node_modules|bower_components|\..*|coverage|tests?|__tests__|__mocks__|__fixtures__|spec|specs|fixtures?|bench|benchmarks?|examples?|demos?|docs?|flow-typed|typings)$/i
const skippedFiles = /(\.d\.[cm]?ts|\.min\.[cm]?js|[.-](test|spec|bench|stories)\.[cm]?[jt]sx?)$/i

/** Files below a folder that are worth a review, in a steady order. Folders that its `.gitignore` names plainly are left out. */
export function listFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  const files: string[] = []
  walk(path, ignoredNames(path), files)
  return files
}

function walk(folder: string, ignored: ReadonlySet<string>, files: string[]): void {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    return
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    if (ignored.has(entry.name)) continue
    // Links are not followed: they may lead round in circles, and to what is reviewed elsewhere.
    if (entry.isDirectory() && !skippedFolders.test(entry.name)) walk(join(folder, entry.name), ignored, files)
    if (entry.isFile() && extensions.test(entry.name) && !skippedFiles.test(entry.name))
      files.push(join(folder, entry.name))
  }
}

function ignoredNames(folder: string): Set<string> {
  let text: string
  try {
    text = readFileSync(join(folder, '.gitignore'), 'utf8')
  } catch {
    return new Set()
  }
  const plain = text.split('\n').map((line) => line.trim().replace(/^\/|\/$/g, ''))
  return new Set(plain.filter((line) => /^[\w.-]+$/.test(line)))
}
