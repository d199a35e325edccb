import { expect, test } from 'vitest'
import type { AllocationSite } from '../attribute/allocation-profile.ts'
import type { Finding } from '../detect/detector.ts'
import { Suspects } from './suspects.ts'

const places = {
  locate: () => null,
  readScript: () => null,
  present: (file: string) => file,
  packageOf: () => null,
}

function siteOf(functionName: string, windowCount: number): AllocationSite {
  const frame = { script: 'file:///app/server.js', line: functionName.length, column: 1, functionName }
  return { stack: [frame], bytesByBirth: Array.from({ length: windowCount }, () => 1000) }
}

test('a sampler that begins anew takes nothing back before it has as many windows as a claim asks for', () => {
  const suspects = new Suspects(places)
  const tell = (name: string, windowCount: number): string | null => {
    suspects.addProfile({ atMs: 0, windowCount, sites: [siteOf(name, windowCount)] })
    return suspects.retaining()[0]?.frame.functionName ?? null
  }
  expect([1, 2, 3, 4, 5, 6, 7].map((count) => tell('framework', count))).toEqual([
    null,
    null,
    null,
    ...Array<string>(4).fill('framework'),
  ])
  expect([1, 2, 3, 4, 5].map((count) => tell('handler', count))).toEqual(Array(5).fill('framework'))
  expect(tell('handler', 6)).toBe('handler')
})

test('what is over is not named for the next one: neither when nothing stays any more nor when the sampler was off meanwhile', () => {
  const suspects = new Suspects(places)
  const names = (windowCount: number, functionNames: string[]): (string | null)[] => {
    suspects.addProfile({ atMs: 0, windowCount, sites: functionNames.map((name) => siteOf(name, windowCount)) })
    return suspects.retaining().map(({ frame }) => frame.functionName)
  }
  expect(names(12, ['first'])).toEqual(['first'])
  expect(names(12, [])).toEqual([])
  expect(names(12, ['first'])).toEqual(['first'])
  suspects.forgetProfile()
  expect(suspects.retaining()).toEqual([])
  expect(names(1, ['second'])).toEqual([])
  expect(names(4, ['second'])).toEqual(['second'])
})

test('what grows beside a collection that explains the growth, and has no line, is not blamed before the function that allocates it', () => {
  const texts = new Map([
    ['file:///app/store.js', 'Object.assign(bundles, found)'],
    ['file:///app/names.js', 'names.push(name)'],
    ['file:///app/server.js', 'load(name)'],
  ])
  const suspects = new Suspects({
    ...places,
    locate: (file, line, column) => ({
      file,
      line,
      column,
      source: texts.get(file) ?? null,
      isMapped: false,
      lacksMap: false,
    }),
    readScript: (script) => texts.get(script) ?? null,
  })
  const holder = { hasLetGo: false, deadlineMs: null, bound: null, entryExternalBytes: null, count: 900 }
  suspects.addCensus({
    atMs: 0,
    requestTotal: 900,
    holders: [
      { ...holder, id: 1, kind: 'object', path: 'bundles', script: 'file:///app/store.js', entryBytes: 900 },
      { ...holder, id: 2, kind: 'array', path: 'names', script: 'file:///app/names.js', entryBytes: 30 },
    ],
  })
  suspects.addProfile({ atMs: 0, windowCount: 8, sites: [siteOf('load', 8)] })
  const finding = { memory: 'heap', holders: [{ id: 1, share: 0.9 }, { id: 2, share: 0.3 }] } as Finding // prettier-ignore
  expect(suspects.name(finding, 0).map(({ culprit }) => culprit.file)).toEqual([
    'file:///app/server.js',
    'file:///app/names.js',
  ])
})
