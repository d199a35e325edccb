import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { leakNames } from './options.ts'
import { findPlantedLeak, isPlanted } from './planted.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('knows where each leak really is', () => {
  for (const leak of leakNames) {
    const planted = findPlantedLeak(root, leak)
    expect(planted.line).toBeGreaterThan(1)
    expect(
      isPlanted({ file: `apps/marketplace/${planted.file}`, line: planted.line, variable: planted.variable }, planted),
    ).toBe(true)
  }
})

test('a culprit beside the planted one is wrong', () => {
  const planted = { file: 'src/leak/pages.ts', line: 20, variable: 'pages' }
  expect(isPlanted({ file: 'src/leak/pages.ts', line: 20, variable: 'cache.pages' }, planted)).toBe(true)
  expect(isPlanted({ file: 'src/leak/pages.ts', line: 21, variable: 'pages' }, planted)).toBe(false)
  expect(isPlanted({ file: 'src/leak/other.ts', line: 20, variable: 'pages' }, planted)).toBe(false)
  expect(isPlanted({ file: 'src/leak/pages.ts', line: 20, variable: 'pagesOfSession' }, planted)).toBe(false)
  expect(isPlanted({ file: 'src/leak/pages.ts', line: 20, variable: null }, planted)).toBe(false)
})
