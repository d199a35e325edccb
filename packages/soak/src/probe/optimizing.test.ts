import { spawnSync } from 'node:child_process'
import v8 from 'node:v8'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { setOptimizing } from './optimizing.ts'

type Sum = (list: readonly number[]) => number

const list = Array.from({ length: 1000 }, (_, index) => index)
/** A bit of what V8 tells of a function. */
const OPTIMIZED = 16
let statusOf: (one: Sum) => number

beforeAll(() => {
  v8.setFlagsFromString('--allow-natives-syntax')
  statusOf = new Function('one', 'return %GetOptimizationStatus(one)') as typeof statusOf
  v8.setFlagsFromString('--no-allow-natives-syntax')
})
afterAll(() => setOptimizing(true))

/** Each time another function, though it does the same. */
const newSum = (): Sum =>
  new Function('list', `let sum = ${Math.random()}; for (const one of list) sum += one; return sum`) as Sum

async function isOptimizedOnceWarm(sum: Sum): Promise<boolean> {
  for (let turn = 0; turn < 100 && (statusOf(sum) & OPTIMIZED) === 0; turn++) {
    for (let call = 0; call < 300; call++) sum(list)
    // The compiler runs beside, and its work is taken over between two turns.
    await new Promise(setImmediate)
  }
  return (statusOf(sum) & OPTIMIZED) !== 0
}

test('what V8 has optimized stays so, nothing more is while it may not, and is again once it may', async () => {
  const before = newSum()
  expect(await isOptimizedOnceWarm(before)).toBe(true)
  setOptimizing(false)
  expect(await isOptimizedOnceWarm(newSum())).toBe(false)
  expect(statusOf(before) & OPTIMIZED).toBe(OPTIMIZED)
  setOptimizing(true)
  expect(await isOptimizedOnceWarm(newSum())).toBe(true)
})

test('a service whose code is written for the inside of V8 keeps the right to be', () => {
  const script = `
    import { setOptimizing } from ${JSON.stringify(new URL('../../dist/probe/optimizing.js', import.meta.url).href)}
    for (const isOn of [false, true]) setOptimizing(isOn)
    console.log(new Function('return %IsTurbofanEnabled()')())`
  const args = ['--allow-natives-syntax', '--input-type=module', '--eval', script]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stdout || stderr).toBe('true\n')
})

test.each(['--opt', '--jitless', '--lite-mode', '--no-opt', '--no-maglev', '--maglev'])(
  'what a service was started with is what it has again: %s',
  (flag) => {
    const script = `
      import v8 from 'node:v8'
      import { setOptimizing } from ${JSON.stringify(new URL('../../dist/probe/optimizing.js', import.meta.url).href)}
      v8.setFlagsFromString('--allow-natives-syntax')
      const read = new Function('return [%IsTurbofanEnabled(), %IsMaglevEnabled()]')
      const seen = [read()]
      for (const isOn of [false, false, true]) {
        setOptimizing(isOn)
        seen.push(read())
      }
      console.log(JSON.stringify(seen))`
    const args = [flag, '--input-type=module', '--eval', script]
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    const [before, once, twice, after] = JSON.parse(stdout || stderr) as boolean[][]
    expect([once, twice]).toEqual([
      [false, false],
      [false, false],
    ])
    expect(after).toEqual(before)
  },
)
