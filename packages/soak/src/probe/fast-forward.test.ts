import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 120_000 })

// Built, and in a process of its own: this one's clock is needed.
const prelude = `
  import { Session } from 'node:inspector'
  import { createServer, connect } from 'node:net'
  const { FastForward } = await import(${JSON.stringify(new URL('../../dist/probe/fast-forward.js', import.meta.url).href)})
  const session = new Session()
  session.connect()
`
const script = `
  ${prelude}
  const HOUR = 3_600_000
  const seen = []
  setTimeout(() => seen.push('in an hour'), HOUR)
  setTimeout(() => seen.push('in half an hour'), HOUR / 2)
  const later = setTimeout(() => seen.push('in two hours'), 2 * HOUR + 60_000)
  let ticks = 0
  const interval = setInterval(() => void ticks++, 60_000)
  clearTimeout(setTimeout(() => seen.push('cleared'), 1000))
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const socket = connect(server.address().port, '127.0.0.1')
  socket.setTimeout(60_000, () => seen.push('socket'))
  await new Promise((resolve) => socket.once('connect', resolve))
  const before = { now: Date.now(), performance: performance.now(), hrtime: process.hrtime(), date: new Date() }
  const time = new FastForward()
  time.pass(session, HOUR)
  // Immediates come after the timers that are due: what went off by now is what was to go off.
  const until = performance.now() + 500
  while (performance.now() < until || seen.length < 2 || ticks < 1) await new Promise((resolve) => setImmediate(resolve))
  const moved = {
    now: Date.now() - before.now,
    performance: performance.now() - before.performance,
    hrtime: process.hrtime(before.hrtime)[0] * 1000,
    date: new Date() - before.date,
  }
  class Own extends Date {}
  const isDate = [new Date() instanceof Date, new Date().constructor === Date, new Own() instanceof Own, new Date(0).getTime() === 0]
  const first = { seen: [...seen], hasTicked: ticks > 0 }
  time.pass(session, HOUR)
  time.pass(session, HOUR)
  while (seen.length < 3) await new Promise((resolve) => setImmediate(resolve))
  console.log(JSON.stringify({ moved, isDate, first, seen }))
  process.exit()
`

test('an hour passes at once: clocks agree, timers go off in their order, those of sockets do not', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  const { moved, isDate, first, seen } = JSON.parse(stdout) as {
    moved: Record<string, number>
    isDate: boolean[]
    first: object
    seen: string[]
  }
  for (const ms of Object.values(moved)) expect(Math.round(ms / 600_000)).toBe(6)
  expect(isDate).toEqual([true, true, true, true])
  expect(first).toEqual({ seen: ['in half an hour', 'in an hour'], hasTicked: true })
  expect(seen).toEqual(['in half an hour', 'in an hour', 'in two hours'])
})

// A store that is swept, and one that waits in parts, since no timer of Node lasts for thirty days.
const monthScript = `
  ${prelude}
  const [DAY, LONGEST] = [86_400_000, 2 ** 31 - 1]
  const kept = new Map([['week', Date.now() + 7 * DAY], ['month', Date.now() + 30 * DAY], ['quarter', Date.now() + 90 * DAY]])
  setInterval(() => { for (const [key, until] of kept) if (until <= Date.now()) kept.delete(key) }, 60_000)
  let isOver = false
  const wait = (ms) => setTimeout(() => (ms > LONGEST ? wait(ms - LONGEST) : (isOver = true)), Math.min(ms, LONGEST))
  wait(30 * DAY)
  const time = new FastForward()
  const began = Date.now()
  time.pass(session, 31 * DAY)
  while (kept.size > 1) await new Promise((resolve) => setTimeout(resolve, 1))
  // Its second part began when the first was over.
  time.pass(session, 31 * DAY)
  while (!isOver) await new Promise((resolve) => setTimeout(resolve, 1))
  console.log(JSON.stringify({ days: Math.round((Date.now() - began) / DAY), kept: [...kept.keys()] }))
  process.exit()
`

test('two months pass at once: what is kept for a week or a month is swept, and no timer is asked for more than it can', async () => {
  const node = promisify(execFile)
  const { stdout, stderr } = await node(process.execPath, ['--input-type=module', '--eval', monthScript])
  expect(stderr).not.toContain('TimeoutOverflowWarning')
  expect(JSON.parse(stdout)).toEqual({ days: 62, kept: ['quarter'] })
})
