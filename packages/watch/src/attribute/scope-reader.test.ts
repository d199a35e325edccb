import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import inspector from 'node:inspector'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { openScopeReader, ScopeReader } from './scope-reader.ts'

class Journal {
  #text = ''
  readonly #entries = new Map([['a', 1]])
  add(text: string): void {
    this.#text += text
  }
  get length(): number {
    return this.#text.length + this.#entries.size
  }
}

test('an object with a long text in it is asked for once, and not again and again as the text grows', () => {
  const session = new inspector.Session()
  session.connect()
  let askedCount = 0
  const counting = {
    post(method: string, ...rest: [object, (error: Error | null, result?: object) => void]): void {
      if (method === 'Runtime.getProperties') askedCount++
      session.post(method, ...rest)
    },
  } as unknown as inspector.Session
  const reader = new ScopeReader(counting)
  const [short, long] = [new Journal(), new Journal()]
  short.add('a line')
  long.add('a line\n'.repeat(20_000))
  const namesOf = (journal: Journal) => reader.readPrivateFields(journal).map(([name]) => name)
  expect([namesOf(short), namesOf(long)]).toEqual([['#entries'], ['#entries']])
  expect([namesOf(short), namesOf(long)]).toEqual([['#entries'], []])
  expect(askedCount).toBe(3)
  session.disconnect()
})

test('what a factory closed over is not taken for its module, which it does not need', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-scopes-'))
  const write = (name: string, source: string) => writeFileSync(join(folder, name), source)
  write('factory.cjs', 'exports.create = () => { const pages = new Map(); return () => pages }')
  write('module.cjs', 'const pages = new Map(); exports.create = () => () => pages')
  const session = new inspector.Session()
  session.connect()
  const reader = new ScopeReader(session)
  const areModules = ['factory.cjs', 'module.cjs'].map((name) => {
    const { create } = createRequire(import.meta.url)(join(folder, name)) as { create(): () => object }
    return reader.readScopes(create())!.scopes.map(({ isModule, variables }) => [isModule, 'pages' in variables])
  })
  expect(areModules).toEqual([[[false, true]], [[true, true]]])
  session.disconnect()
  rmSync(folder, { recursive: true })
})

test('however many private fields hold objects, the inspector is asked for them at once', () => {
  class Registry {
    readonly #entries = new Map()
    readonly #limit = 5
    readonly #names = new Set()
    readonly #waiting = []
    ownFields(): [string, unknown][] {
      return [
        ['#entries', this.#entries],
        ['#names', this.#names],
        ['#waiting', this.#waiting],
        ['#limit', this.#limit],
      ]
    }
  }
  const registry = new Registry()
  const opened = openScopeReader()!
  const ask = vi.spyOn(inspector.Session.prototype, 'post')
  try {
    const fields = opened.reader.readPrivateFields(registry)
    for (const [name, value] of registry.ownFields()) expect(new Map(fields).get(name)).toBe(value)
    // For the way in, for the object, for its properties, and for all that they hold.
    expect(ask).toHaveBeenCalledTimes(4)
  } finally {
    ask.mockRestore()
    opened.close()
  }
})
