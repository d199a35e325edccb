import { mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { judgeReport, reviewPaths } from '../src/index.ts'
import { findDrivers, type Driver, type Search } from '../src/prove/drive.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-prove-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function findDriver(search: Search): Promise<Driver | null> {
  for await (const driver of findDrivers(search)) return driver
  return null
}

/** A line that counts how often it was passed, as V8's coverage does. */
function countedLine() {
  let runs = 0
  return { pass: () => runs++, countAt: () => Promise.resolve(runs) }
}

test('a function is driven with keys that no two calls share', async () => {
  const line = countedLine()
  const keys = new Set<string>()
  function page(url: string) {
    line.pass()
    keys.add(url)
  }
  const driver = await findDriver({
    roots: [{ page }],
    source: '',
    offset: 0,
    callerNames: ['page'],
    countAt: line.countAt,
  })
  const before = keys.size
  driver!.call()
  driver!.call()
  expect(driver!.shown).toBe('page("key")')
  expect(keys.size).toBe(before + 2)
})

test('a method is driven on an object of its exported class', async () => {
  const line = countedLine()
  class Registry {
    #known = new Map<string, number>()
    enter(key: string) {
      this.#known.set(key, 1)
      line.pass()
    }
  }
  expect(
    (await findDriver({ roots: [{ Registry }], source: '', offset: 0, callerNames: ['enter'], countAt: line.countAt }))
      ?.shown,
  ).toMatch(/^enter\(/)
})

test('what a factory answers is driven, where the line is in it', async () => {
  const line = countedLine()
  function memoize(compute: (key: unknown) => unknown) {
    if (typeof compute !== 'function') throw new TypeError('not a function')
    return (key: unknown) => (line.pass(), compute(key))
  }
  expect(
    (
      await findDriver({
        roots: [{ memoize }],
        source: memoize.toString(),
        offset: 40,
        callerNames: [],
        countAt: line.countAt,
      })
    )?.shown,
  ).toBe('memoize(() => …)("key")')
})

test('a call that throws proves nothing of the line, even where its block was entered', async () => {
  const line = countedLine()
  const page = () => {
    line.pass()
    throw new Error('no such page')
  }
  expect(
    await findDriver({ roots: [{ page }], source: '', offset: 0, callerNames: ['page'], countAt: line.countAt }),
  ).toBeNull()
})

test('nothing is called but what the finding speaks of', async () => {
  let wasCalled = false
  const removeAll = () => {
    wasCalled = true
  }
  expect(
    await findDriver({
      roots: [{ removeAll }],
      source: '',
      offset: 0,
      callerNames: ['page'],
      countAt: () => Promise.resolve(0),
    }),
  ).toBeNull()
  expect(wasCalled).toBe(false)
})

test('code is not run unless that is asked for', () => {
  const mark = join(folder, 'ran')
  writeFileSync(
    join(folder, 'a.cjs'),
    `require('fs').writeFileSync(${JSON.stringify(mark)}, '')\nconst seen = new Set()\nexports.see = (url) => { if (!seen.has(url)) seen.add(url) }\n`,
  )
  expect(reviewPaths({ paths: ['.'], folder }).report.findings).toMatchObject([{ proof: null }])
  expect(existsSync(mark)).toBe(false)
})

test('a refuted finding does not fail a build, a proven one of severity medium does', () => {
  writeFileSync(
    join(folder, 'a.cjs'),
    'const seen = new Map()\nexports.see = (url) => { if (!seen.has(url)) seen.set(url, 1) }\n',
  )
  const { report } = reviewPaths({ paths: ['.'], folder })
  const [finding] = report.findings
  finding!.proof = { verdict: 'refuted', bytesPerCall: 0, what: 'nothing stays' }
  expect(judgeReport(report, 0)).toBe(0)
  finding!.severity = 'medium'
  finding!.proof = { verdict: 'proven', bytesPerCall: 300, what: '300 bytes stay' }
  expect(judgeReport(report)).toBe(1)
})

test('a class is made anew for each call where the line is in its constructor', async () => {
  const line = countedLine()
  class Session {
    readonly id: string
    constructor(id: string) {
      this.id = id
      if (typeof id !== 'string') throw new TypeError('no id')
      line.pass()
    }
  }
  const search = { roots: [{ Session }], source: Session.toString(), offset: 30, countAt: line.countAt }
  expect(await findDriver({ ...search, callerNames: ['Session'] })).toMatchObject({ shown: 'new Session("key")' })
})

test('a function that calls the one with the line by its name is driven too', async () => {
  const line = countedLine()
  const source = 'function remember(key) { pass(key) } function page(url) { return remember(url) }'
  const page = new Function(
    'line',
    `return (${'function page(url) { return remember(url) }'}); function remember() { line.pass() }`,
  )(line) as object
  expect(
    (await findDriver({ roots: [{ page }], source, offset: 30, callerNames: ['remember'], countAt: line.countAt }))
      ?.shown,
  ).toBe('page("key")')
})

test('every call that comes by the line is offered, and whether its key is new each time', async () => {
  const line = countedLine()
  const page = () => line.pass()
  const keyed = new Map<string, boolean>()
  for await (const { shown, isKeyed } of findDrivers({
    roots: [{ page }],
    source: '',
    offset: 0,
    callerNames: ['page'],
    countAt: line.countAt,
  }))
    keyed.set(shown, isKeyed)
  expect(keyed.get('page("key")')).toBe(true)
  expect(keyed.get('page({ signal })')).toBe(false)
})

test('an object made for the call is let go of, where only what outlives it counts', async () => {
  class Parser {
    readonly tokens: string[] = []
    parse(text: string) {
      line.pass()
      this.tokens.push(text)
      return this.tokens.length
    }
  }
  const line = countedLine()
  const search = { roots: [{ Parser }], source: '', offset: 0, callerNames: ['parse'], countAt: line.countAt }
  const kept = await findDriver(search)
  const letGo = await findDriver({ ...search, isLettingGo: true })
  expect([kept!.call(), kept!.call()]).not.toEqual([1, 1])
  expect([letGo!.call(), letGo!.call()]).toEqual([1, 1])
})

test('the nearest of those by whom a line is come by is driven first', async () => {
  const line = countedLine()
  const far = (key: string) => near(key)
  const near = (key: string) => (line.pass(), key)
  const search = { roots: [{ far, near }], source: '', offset: 0, callerNames: ['near', 'far'], countAt: line.countAt }
  expect((await findDriver(search))!.shown).toBe('near("key")')
})

test('a call without a signal is no test of what is left on one', async () => {
  const line = countedLine()
  const wait = (_ms: string, signal?: { signal?: AbortSignal }) => (line.pass(), signal?.signal)
  const search = { roots: [{ wait }], source: '', offset: 0, callerNames: ['wait'], countAt: line.countAt }
  expect((await findDriver(search))!.call()).toBeUndefined()
  expect((await findDriver({ ...search, isAboutSignal: true }))!.shown).toMatch(/signal/)
  for await (const { call } of findDrivers({ ...search, isAboutSignal: true, callerNames: ['wait'] }))
    if (call() instanceof AbortSignal) return
  expect.unreachable('no call handed in a signal')
})

test('a class of which there may be but one is driven on that one', async () => {
  const line = countedLine()
  let isMade = false
  class Registry {
    constructor() {
      if (isMade) throw new Error('there is one already')
      isMade = true
    }
    enter(key: string) {
      line.pass()
      return key
    }
  }
  const search = { roots: [{ Registry }], source: '', offset: 0, callerNames: ['enter'], countAt: line.countAt }
  expect((await findDriver(search))!.shown).toBe('enter("key")')
})
