import { expect, test } from 'vitest'
import type { AllocationSite } from '../attribute/allocation-profile.ts'
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
