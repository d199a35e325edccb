import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Who may import whom. What is not listed may not. Compositions introduce parts to each other and decide nothing. */
const mayImport: Record<string, readonly string[]> = {
  'packages/core': [],
  'packages/postgres': ['@plimsoll/core'],
  'packages/cache': ['@plimsoll/core'],
  'packages/watch': ['@plimsoll/core'],
  'packages/soak': ['@plimsoll/core'],
  'packages/console': ['@plimsoll/core', '@plimsoll/postgres'],
  'packages/eslint-plugin': [],
  'packages/review': ['@plimsoll/core', '@plimsoll/soak'],
  'packages/cli': ['@plimsoll/core', '@plimsoll/watch', '@plimsoll/console', '@plimsoll/soak', '@plimsoll/review'],
  'apps/marketplace': ['@plimsoll/core', '@plimsoll/cache', '@plimsoll/watch', '@plimsoll/postgres', '@plimsoll/soak'],
  'apps/demo': [
    '@plimsoll/core',
    '@plimsoll/postgres',
    '@plimsoll/soak',
    '@plimsoll/marketplace',
    '@plimsoll/console',
    'plimsoll',
  ],
  replay: [
    '@plimsoll/core',
    '@plimsoll/postgres',
    '@plimsoll/soak',
    '@plimsoll/console',
    '@plimsoll/marketplace',
    '@plimsoll/demo',
    '@plimsoll/review',
  ],
}

/** Folders that decide and cannot act: no clock, no I/O, no `node:` import but a hash, which is a function of its input. */
const pureFolders = [
  'packages/core/src/wire',
  'packages/core/src/trend',
  'packages/cache/src/weigh',
  'packages/cache/src/policy',
  'packages/cache/src/expiry',
  'packages/watch/src/detect',
  'packages/soak/src/gate',
  'packages/console/src/rule',
  'packages/console/src/incident',
  'packages/console/src/escalation',
  'packages/console/src/postmortem',
]

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/(^|[/\\])(node_modules|dist)[/\\]/.test(path))
}

function importsOf(path: string): string[] {
  return ts.preProcessFile(readFileSync(path, 'utf8')).importedFiles.map(({ fileName }) => fileName)
}

const importsHashAlone = (path: string) =>
  readFileSync(path, 'utf8').includes("import { createHash } from 'node:crypto'")

const isTest = (path: string) => /\.(test|suite|model)\.tsx?$/.test(path)
const ours = (specifier: string) => specifier === 'plimsoll' || specifier.startsWith('@plimsoll/')
const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
const place = (path: string) => relative(root, path).split(sep).join('/')

test('packages import each other only in the direction of the architecture, and only through their doors', () => {
  const wrong: string[] = []
  for (const [folder, allowed] of Object.entries(mayImport)) {
    for (const path of sourcesBelow(join(root, folder, 'src')).filter((source) => !isTest(source))) {
      for (const specifier of importsOf(path)) {
        if (ours(specifier) && !allowed.includes(packageOf(specifier)))
          wrong.push(`${place(path)} imports ${specifier}`)
        const target = join(dirname(path), specifier)
        if (specifier.startsWith('.') && !target.startsWith(join(root, folder) + sep))
          wrong.push(`${place(path)} reaches into ${place(target)}`)
      }
    }
  }
  expect(wrong).toEqual([])
})

test('pure folders import nothing that could act', () => {
  const wrong = pureFolders.flatMap((folder) => {
    let sources: string[]
    try {
      sources = sourcesBelow(join(root, folder))
    } catch {
      return []
    }
    return sources
      .filter((path) => !isTest(path))
      .flatMap((path) =>
        importsOf(path)
          .filter((specifier) => specifier.startsWith('node:'))
          .filter((specifier) => specifier !== 'node:crypto' || !importsHashAlone(path))
          .map((specifier) => `${place(path)} imports ${specifier}`),
      )
  })
  expect(wrong).toEqual([])
})

test('the toolkit knows nothing of the shop it is proven on', () => {
  const names =
    /marketplace|longshore|pages-by-url|array-per-request|listener-per-request|slow-database|replay\/|run replay|leaky-express/i
  const wrong = readdirSync(join(root, 'packages'))
    .flatMap((name) => sourcesBelow(join(root, 'packages', name)))
    .flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .flatMap((line, index) => (names.test(line) ? [`${place(path)}:${index + 1} ${line.trim()}`] : [])),
    )
  expect(wrong).toEqual([])
})

test('the console knows no time and no chance but those it is given, nor does its SQL', () => {
  const asked =
    /\bnow\(\)|\b(current|clock|statement|transaction)_time(stamp)?\b|Date\.now|new Date\(\)|Math\.random|performance\.now/i
  // How long a statement of a watched database has run is told by that database's own clock.
  const exempt = 'packages/console/src/runbook/database-probe.ts'
  const wrong = sourcesBelow(join(root, 'packages/console/src'))
    .filter((path) => !isTest(path) && place(path) !== exempt)
    .flatMap((path) => (asked.test(readFileSync(path, 'utf8')) ? [place(path)] : []))
  expect(wrong).toEqual([])
})
