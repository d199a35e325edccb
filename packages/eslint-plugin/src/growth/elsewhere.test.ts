import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createElsewhere } from './elsewhere.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-elsewhere-'))
  writeFileSync(join(folder, 'package.json'), '{}')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Whether a file with this text, beside the one that is judged, takes something out of `topics`. */
function takesOut(text: string): boolean {
  writeFileSync(join(folder, 'other.js'), text)
  return createElsewhere(join(folder, 'judged.js')).takesOut('topics')
}

test.each([
  'client.topics.delete(id)',
  'client?.topics?.clear()',
  'delete client.topics[id]',
  'if (client)delete client.topics[id]',
  'clients[0].topics.pop()',
  'clientOf(id).topics.length = 0',
  'client.topics = {}',
  'client.topics = new Map()',
  'client.topics=[]',
  'client.topics = client.topics.filter((topic) => topic !== gone)',
  'client.topics = null',
  'for (const client of clients) client.topics = Object.create(null)',
  'class Client extends Base { close() { this.topics.clear() } }',
])('%s takes out', (text) => expect(takesOut(text)).toBe(true))

test.each([
  'client.topics[id] = 1',
  'client.topics.set(id, 1)',
  'client.topics === other',
  'topics.delete(id)',
  'this.topics.clear()',
  'if (isOver)this.topics.clear()',
  '_this.topics = {}',
  '_this2.topics.clear()',
  'options.topics = true',
  'request.topics = topics',
  'options.topics = { ...defaults }',
  'options.topics = [first]',
  'options.topics = nullable',
  'options.topics = all.filter(Boolean)',
  'client.topics => {}',
  'class Unrelated extends Base { constructor() { super(); this.topics = new Map() } }',
])('%s takes nothing out of an object of another file', (text) => expect(takesOut(text)).toBe(false))

test('a file that was changed is read again', () => {
  expect(takesOut('client.topics.get(id)')).toBe(false)
  expect(takesOut('client.topics.delete(id)')).toBe(true)
})

test('a name of any length is read once', () => {
  expect(takesOut(`const ${'a'.repeat(300_000)} = 'topics'`)).toBe(false)
  expect(takesOut(`${')'.repeat(300_000)} topics`)).toBe(false)
})

test('reads the file that a relative import means, and no other', () => {
  writeFileSync(join(folder, 'table.ts'), 'export function register() {}')
  const { textOf } = createElsewhere(join(folder, 'judged.js'))
  expect(textOf('./table')).toContain('register')
  expect(textOf('./table.js')).toContain('register')
  expect(textOf('./none')).toBeNull()
  expect(textOf('table')).toBeNull()
})
