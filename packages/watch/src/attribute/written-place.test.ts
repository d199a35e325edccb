import { SourceMap } from 'node:module'
import { expect, test } from 'vitest'
import { writtenPlace } from './written-place.ts'

/** The first column of the first line comes from line 13, column 5 of the source: `AAYI`. */
const mapOf = (...sources: string[]) =>
  new SourceMap({
    version: 3,
    file: 'page.ts',
    sources,
    sourcesContent: [],
    names: [],
    mappings: 'AAYI',
    sourceRoot: '',
  })

test('a script that was made from its own file in memory is followed to the line of that file', () => {
  const find = () => mapOf('file:///app/page.ts')
  expect(writtenPlace('file:///app/page.ts?version=2', 1, 1, find)).toEqual({ line: 13, column: 5 })
  expect(writtenPlace('/app/page.ts', 1, 1, find)).toEqual({ line: 13, column: 5 })
})

test('one that was built from other files, or runs as it is, is not', () => {
  expect(writtenPlace('file:///app/dist/page.js', 1, 1, () => mapOf('file:///app/page.ts'))).toBeNull()
  expect(
    writtenPlace('file:///app/page.ts', 1, 1, () => mapOf('file:///app/page.ts', 'file:///app/more.ts')),
  ).toBeNull()
  expect(writtenPlace('file:///app/page.ts', 1, 1, () => undefined)).toBeNull()
  expect(writtenPlace('evalmachine.<anonymous>', 1, 1)).toBeNull()
})
