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
    suspects.addProfile({ atMs: 0, sites: [siteOf(name, windowCount)] })
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
