// The matcher within Jest's own `expect`, as Jest's users have it.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import vm from 'node:vm'

import { expect as jestExpect } from 'expect'
import { afterEach, expect, test, vi } from 'vitest'

import { cpuClock } from '../../test/cpu-clock.ts'
import { toLeak, type LeakMatchers } from './index.ts'

declare module 'expect' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars
  interface Matchers<R, T> extends LeakMatchers<R> {}
}

vi.setConfig({ testTimeout: 120_000 })
jestExpect.extend({ toLeak })

let kept: unknown[] = []
afterEach(() => void (kept = []))

test('passes for what makes garbage only, and fails with bytes a call for what keeps it', async () => {
  await jestExpect(() => JSON.parse('[1, 2, 3]') as unknown).not.toLeak({ clock: cpuClock })
  await expect(jestExpect(() => kept.push(new Array(50).fill(0))).not.toLeak({ clock: cpuClock })).rejects.toThrow(
    /leaves \d+.* B a call \(/,
  )
  kept = []
  await jestExpect(() => kept.push(new Array(50).fill(0))).toLeak({ clock: cpuClock })
})

test('what is undecided passes neither way', async () => {
  await expect(jestExpect(() => 1).toLeak({ withinMs: 1 })).rejects.toThrow('could not be decided')
  await expect(jestExpect(() => 1).not.toLeak({ withinMs: 1 })).rejects.toThrow('could not be decided')
})

test('a Jest that compiles what it loads as scripts gets one', () => {
  const require = createRequire(import.meta.url)
  const file = require.resolve('@plimsoll/soak/matchers')
  expect(() => new vm.Script(`(function (exports, require) {${readFileSync(file, 'utf8')}})`)).not.toThrow()
  expect(require(file)).toMatchObject({ measureLeak: expect.any(Function), toLeak: expect.any(Function) })
})
