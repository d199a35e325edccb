import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ManualClock } from '@plimsoll/core/testing'
import { afterEach, beforeEach, expect, test as anyTest } from 'vitest'
import { describeSupervisor, supervisorVariable } from './lifeline.ts'
import { readProcessStat } from './process-stat.ts'
import { markStart, startsVariable } from './start-mark.ts'
import { StartWatch } from './start-watch.ts'

// Without /proc nothing can be told of another process, and there is no watch.
const test = anyTest.skipIf(readProcessStat(process.pid) === null)

let watch: StartWatch
let told: string[]
let ended: number[]

function start(mayEnd: boolean, end: (pid: number) => void = (pid) => void ended.push(pid)): void {
  ;[told, ended] = [[], []]
  const clock = new ManualClock()
  watch = StartWatch.start({ clock, mayEnd, tell: (text) => told.push(text), end })!
}
beforeEach(() => start(true))
afterEach(() => watch.stop())

const environment = () => ({
  [startsVariable]: watch.folder,
  [supervisorVariable]: describeSupervisor(process.ppid, readProcessStat(process.pid)),
})
function look(count: number): void {
  for (let index = 0; index < count; index++) watch.look()
}

test('a service that listens and never gets to its watchdog is ended after 30 s, once', () => {
  markStart(environment(), []).note('listens')
  look(15)
  expect(ended).toEqual([])
  look(5)
  expect(ended).toEqual([process.pid])
  expect(told).toEqual([
    `The process ${process.pid} hangs: its main thread has been busy or blocked since it began to listen 30 s ago and serves nobody. It is ended, to be started again.`,
  ])
})

test('what does not listen may be a compiler: it has five minutes', () => {
  markStart(environment(), [])
  look(150)
  expect(ended).toEqual([])
  look(1)
  expect(ended).toEqual([process.pid])
})

test('the time counts anew from when it listens', () => {
  const mark = markStart(environment(), [])
  look(100)
  mark.note('listens')
  look(15)
  expect(ended).toEqual([])
  look(1)
  expect(ended).toEqual([process.pid])
})

test('where the watch may not act it tells what it would do', () => {
  watch.stop()
  start(false)
  markStart(environment(), []).note('listens')
  look(20)
  expect(ended).toEqual([])
  expect(told).toEqual([expect.stringContaining('With act=safe it would be ended, to be started again.')])
})

test.each([
  ['ESRCH', []],
  ['EPERM', ['It could not be ended: kill EPERM.']],
])('a process that cannot be ended (%s) leaves the supervisor alive', (code, said) => {
  watch.stop()
  start(true, () => {
    throw Object.assign(new Error(`kill ${code}`), { code })
  })
  markStart(environment(), []).note('listens')
  look(20)
  expect(told.slice(1)).toEqual(said)
})

test('what lies in the folder and is no mark harms nobody', () => {
  mkdirSync(join(watch.folder, '4711'))
  look(2)
  expect(ended).toEqual([])
})

test('a process whose watchdog runs leaves no mark', () => {
  const mark = markStart(environment(), [])
  mark.note('listens')
  expect(readdirSync(watch.folder)).toEqual([String(process.pid)])
  mark.note('watched')
  expect(readdirSync(watch.folder)).toEqual([])
  mark.note('listens')
  look(20)
  expect(ended).toEqual([])
})

test('who got that far and could not remove its mark, having given up its rights, is not ended', () => {
  const { startTicks } = readProcessStat(process.pid)!
  writeFileSync(join(watch.folder, String(process.pid)), `${startTicks}\n${process.execPath}\nlw`)
  look(20)
  expect(ended).toEqual([])
  expect(readdirSync(watch.folder)).toEqual([])
})

test.each([
  ['a process that has ended', (ticks: string) => ['99999999', `${ticks}\n${process.execPath}\nl`]],
  [
    'another process that got the same PID',
    (ticks: string) => [String(process.pid), `${ticks}0\n${process.execPath}\nl`],
  ],
  ['one that has become another program', (ticks: string) => [String(process.pid), `${ticks}\n/bin/sleep\nl`]],
  ['a name that is no PID', (ticks: string) => ['x', `${ticks}\n${process.execPath}\nl`]],
])('%s is not ended, and its mark goes', (_, describe) => {
  const [name, text] = describe(readProcessStat(process.pid)!.startTicks) as [string, string]
  writeFileSync(join(watch.folder, name), text)
  look(20)
  expect(ended).toEqual([])
  expect(readdirSync(watch.folder)).toEqual([])
})

test('who waits for a debugger, or belongs to nobody, leaves no mark', () => {
  markStart(environment(), ['--inspect-brk'])
  markStart({ ...environment(), NODE_OPTIONS: '--inspect' }, [])
  markStart({ ...environment(), [supervisorVariable]: '1:2:3' }, [])
  markStart({}, [])
  expect(readdirSync(watch.folder)).toEqual([])
})

test('a folder that has gone harms nobody, and stopping removes it', () => {
  const { folder } = watch
  watch.stop()
  watch.look()
  expect(existsSync(folder)).toBe(false)
  markStart({ ...environment(), [startsVariable]: '/dev/null/nowhere' }, []).note('watched')
})
