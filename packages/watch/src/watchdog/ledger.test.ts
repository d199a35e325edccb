import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSignal, type Signal } from '@plimsoll/core/wire'
import { ManualClock } from '@plimsoll/core/testing'
import { afterAll, expect, test } from 'vitest'
import { Ledger } from './ledger.ts'

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-ledger-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function ledgerWith(signalsFile: string) {
  const written: string[] = []
  const reported: Signal[] = []
  const clock = new ManualClock()
  const ledger = new Ledger({
    clock,
    identity: () => ({ service: 'shop', instance: 'web-1', startedAtMs: 0 }) as never,
    signalsFile,
    reporter: () => ({ addSignal: (signal) => void reported.push(signal) }),
    style: { isColoured: false, columns: 100 },
    write: (text) => void written.push(text),
  })
  return { ledger, written, reported, clock }
}

test('a quiet line is numbered like any other, and kept from the terminal alone', () => {
  const file = join(folder, 'signals')
  const { ledger, written, reported } = ledgerWith(file)
  ledger.tellAction('last stand', 'started', 'web-1 is prepared.', { isQuiet: true })
  ledger.tellAction('leave', 'would', 'web-1 would leave.')
  const signals = readFileSync(file, 'utf8').trim().split('\n')
  expect(signals.map((line) => parseSignal(JSON.parse(line)).sequence)).toEqual([1, 2])
  expect(reported.map(({ sequence }) => sequence)).toEqual([1, 2])
  expect(written).toEqual(['plimsoll: web-1 would leave.\n'])
})

test('a signals file that cannot be written is told once, and the console and the terminal go on', () => {
  const { ledger, written, reported } = ledgerWith(join(folder, 'missing', 'signals'))
  ledger.tellAction('leave', 'would', 'once.')
  ledger.tellAction('leave', 'would', 'twice.')
  expect(reported).toHaveLength(2)
  expect(written).toEqual([
    expect.stringMatching(/^plimsoll: signals file failed: ENOENT/),
    'plimsoll: once.\n',
    'plimsoll: twice.\n',
  ])
})

test('a warning that comes again and again is on the terminal once in ten minutes, and in the signals file each time', () => {
  const { ledger, written, reported, clock } = ledgerWith(join(folder, 'stalls'))
  const stall = { kind: 'event-loop-stall', severity: 'warning', verdict: 'afloat', signature: 'stall' } as const
  for (let minute = 0; minute < 12; minute++) {
    ledger.tell({ ...stall, sentence: `web-1 stood still in minute ${minute}.` })
    clock.advance(60_000)
  }
  expect(reported).toHaveLength(12)
  expect(written.splice(0)).toEqual([
    'plimsoll: web-1 stood still in minute 0.\n',
    'plimsoll: 9 more like the next one were left out since the last.\n',
    'plimsoll: web-1 stood still in minute 10.\n',
  ])
  // Somebody has to hear of each of these.
  for (let time = 0; time < 2; time++)
    ledger.tell({ ...stall, kind: 'hang', severity: 'critical', sentence: 'web-1 hangs.' })
  expect(written).toEqual(['plimsoll: web-1 hangs.\n', 'plimsoll: web-1 hangs.\n'])
})

test('a crash hides no other, and a stall none of another cause', () => {
  const { ledger, written } = ledgerWith(join(folder, 'crashes'))
  const warn = (kind: 'crash' | 'event-loop-stall', sentence: string) =>
    ledger.tell({ kind, severity: 'warning', verdict: 'afloat', signature: kind, sentence })
  warn('crash', 'worker 1 (PID 10) crashed: exit code 1.')
  warn('crash', 'worker 2 (PID 11) crashed: exit code 1.')
  warn('event-loop-stall', 'web-1 stood still for 2.1 s: the machine had no processor for it for 1.9 s of them.')
  warn('event-loop-stall', 'web-1 stood still for 5 s: the machine had no processor for it for 4 s of them.')
  warn('event-loop-stall', 'web-1 stood still for 9 s: one piece of work held the main thread that long.')
  expect(written.map((line) => /worker \d|for \d\S*/.exec(line)![0])).toEqual([
    'worker 1',
    'worker 2',
    'for 2.1',
    'for 9',
  ])
})
