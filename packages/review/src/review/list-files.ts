import { readdirSync, statSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { ignoredAbove, isIgnored, withRulesOf, type Ignored } from './git-ignore.ts'

const extensions = /\.(js|cjs|mjs|jsx|ts|cts|mts|tsx)$/i
/** What does not serve: tests, what tests use, what was made from something else. A file that is named is always read. */
const skippedFolders =
  /^(node_modules|bower_components|\..*|coverage|tests?|__tests__|__mocks__|__fixtures__|spec|specs|fixtures?|bench|benchmarks?|examples?|demos?|docs?|flow-typed|typings)$/i
const skippedFiles = /(\.d\.[cm]?ts|\.min\.[cm]?js|[.-](test|spec|bench|stories)\.[cm]?[jt]sx?)$/i

/** What a walk found: files in a steady order, and what it left out because git ignores it. */
export interface FileList {
  files: string[]
  ignored: string[]
}

/** Files below a folder that are worth a review. What git ignores is made from something else, or is nobody's code; a path that is named is always read. */
export function listFiles(path: string): FileList {
  const list: FileList = { files: [], ignored: [] }
  if (statSync(path).isDirectory()) walk(path, ignoredAbove(path), list)
  else list.files.push(path)
  return list
}

function walk(folder: string, above: Ignored, list: FileList): void {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    return
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  const rules = withRulesOf(folder, above)
  for (const entry of entries) {
    const path = join(folder, entry.name)
    // Links are not followed: they may lead round in circles, and to what is reviewed elsewhere.
    const isFolder = entry.isDirectory() && !skippedFolders.test(entry.name)
    if (!isFolder && !(entry.isFile() && extensions.test(entry.name) && !skippedFiles.test(entry.name))) continue
    if (isIgnored(rules, path, isFolder)) list.ignored.push(path)
    else if (isFolder) walk(path, rules, list)
    else list.files.push(path)
  }
}
