import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, expect, test } from 'vitest'

import { Sources } from './sources.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function write(text: string): { file: string; url: string; sources: Sources } {
  const folder = mkdtempSync(join(tmpdir(), 'sources-'))
  folders.push(folder)
  const file = join(folder, 'server.ts')
  writeFileSync(file, text)
  return { file, url: pathToFileURL(file).href, sources: new Sources(folder) }
}

/** Column 1 of line 1 is line 1, column 20 of line 1 is line 3, column 3. */
const map = { version: 3, sources: ['server.ts'], names: [], mappings: 'AAAA,mBAEE' }
const mapUrl = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`
const text = 'interface Row { id: string }\nfunction keep(row: Row) {\n  rows.push(row)\n}\n'

test('a script that was translated as it was loaded is told by the lines of its file', () => {
  const { file, url, sources } = write(text)
  expect(sources.locate(file, 1, 20)?.line).toBe(1)
  sources.addLoadedMaps([{ url, mapUrl }])
  expect(sources.locate(url, 1, 20)).toMatchObject({ file: 'server.ts', line: 3, code: 'rows.push(row)' })
  expect(sources.toText(file, 1, 20)).toEqual({ line: 3, column: 3 })
  expect(sources.locateText(file, 2, 1)).toMatchObject({ line: 2, code: 'function keep(row: Row) {' })
})

test('a map that a file holds itself, a broken one and none change nothing', () => {
  const { file, url, sources } = write(text)
  sources.addLoadedMaps([
    { url, mapUrl: null },
    { url, mapUrl: 'data:application/json;base64,bm9uZQ==' },
  ])
  expect(sources.locate(file, 1, 20)?.line).toBe(1)
  expect(sources.toText(file, 1, 20)).toEqual({ line: 1, column: 20 })
})
