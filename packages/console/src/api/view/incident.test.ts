import { expect, test } from 'vitest'
import type { ActionStatus } from '../contract.ts'
import { toMark, wasAskedFor } from './incident.ts'

test('what was only thought of, refused or failed leaves no mark in a chart', () => {
  const marked = (status: ActionStatus) => wasAskedFor({ status })
  const all: ActionStatus[] = ['would', 'asked', 'refused', 'failed', 'expired', 'requested', 'done', 'ineffective']
  expect(all.filter(marked)).toEqual(['requested', 'done', 'ineffective'])
  expect(toMark({ requestedAtMs: 7, kind: 'shrink-cache' })).toEqual({ atMs: 7, kind: 'action', label: 'shrunk' })
})
