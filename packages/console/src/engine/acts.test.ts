import { MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { createFacts, createProcess } from '../../test/facts.ts'
import { parseConfig } from '../config-file.ts'
import type { IncidentRecord } from '../incident/incident.ts'
import type { Step } from './draft.ts'
import { open, step } from './step.ts'

const config = parseConfig({
  smtp: { url: 'smtp://127.0.0.1:25', from: 'plimsoll@example.org' },
  teams: ['on-call', 'second'].map((name) => ({ name, contacts: [{ mail: `${name}@example.org` }] })),
  escalation: {
    levels: [
      { after: '0s', teams: ['on-call'] },
      { after: '1m', teams: ['second'] },
    ],
    repeat: '10m',
  },
})
const beganAtMs = Date.UTC(2026, 4, 10)

function openIncident(): IncidentRecord {
  const alert = {
    fingerprint: 'latency/web',
    service: 'web',
    rule: 'latency',
    cause: 'other' as const,
    severity: 'critical' as const,
    instances: [],
    sentence: 'web is slow.',
    group: '',
    labels: {},
    annotations: {},
  }
  return open(alert, createFacts([createProcess()]), config, beganAtMs).record
}

const called = ({ effects }: Step) =>
  effects.flatMap((effect) => (effect.type === 'notify' && effect.reason === 'page' ? effect.team : []))

/** Handed to on-call after 2 s; what the same words do so much later, after the second level was called or not. */
function handOverAgain(afterMs: number, isEscalated: boolean): string[] {
  const handOver = { type: 'reassign', by: 'ann', teams: ['on-call'], note: '' } as const
  const first = step(openIncident(), handOver, beganAtMs + 2 * SECOND_MS)
  expect(called(first)).toEqual(['on-call'])
  let { record } = first
  const atMs = beganAtMs + 2 * SECOND_MS + afterMs
  if (isEscalated) {
    const second = step(record, { type: 'timer', kind: 'escalate' }, atMs - SECOND_MS)
    expect(called(second)).toEqual(['second'])
    record = second.record
  }
  return called(step(record, handOver, atMs))
}

test('handed over in the same words moments later, it calls nobody anew', () => {
  expect(handOverAgain(5 * SECOND_MS, false)).toEqual([])
})

test('handed back after the next level was called, it calls those it is handed to', () => {
  expect(handOverAgain(90 * SECOND_MS, true)).toEqual(['on-call'])
})

test('handed over again after they have had their time, it calls them again', () => {
  expect(handOverAgain(2 * MINUTE_MS, false)).toEqual(['on-call'])
})
