import { expect, test } from 'vitest'
import type { IncidentCause } from '../api/contract.ts'
import { findHome } from './grouping.ts'

const incident = (id: number, cause: IncidentCause, fingerprint = `web/${cause}/x`) => ({
  id,
  service: 'web',
  cause,
  groupKey: '',
  openedAtMs: id,
  alerts: [{ fingerprint }],
})
const alert = (cause: IncidentCause, service = 'web') => ({
  fingerprint: `${service}/${cause}/x`,
  service,
  cause,
  group: '',
})

test.each([
  ['a symptom joins the leak that explains it', 'latency', [incident(1, 'leak')], 1],
  ['a symptom joins another symptom', 'errors', [incident(1, 'latency')], 1],
  ['a leak takes over what only had symptoms', 'leak', [incident(1, 'latency')], 1],
  ['a leak and a database are two problems', 'database', [incident(1, 'leak')], null],
  ['a symptom goes to the better explanation', 'latency', [incident(1, 'silence'), incident(2, 'leak')], 2],
  ['one problem of a kind', 'leak', [incident(1, 'database'), incident(2, 'leak', 'web/leak/other')], 2],
  ['the first problem opens', 'latency', [], null],
] as const)('%s', (_story, cause, open, id) => {
  expect(findHome(alert(cause), [...open])?.id ?? null).toBe(id)
})

test('services do not share incidents', () => {
  expect(findHome(alert('latency', 'mail'), [incident(1, 'leak')])).toBeNull()
})

test('alerts without a known cause are told apart by their names, and explain nothing', () => {
  const disk = { ...incident(1, 'other', 'alert/web/DiskFull'), groupKey: 'DiskFull' }
  const named = (name: string) => ({
    fingerprint: `alert/web/${name}`,
    service: 'web',
    cause: 'other' as const,
    group: name,
  })
  expect(findHome(named('DiskFull'), [disk])?.id).toBe(1)
  expect(findHome(named('CertificateExpires'), [disk])).toBeNull()
  expect(findHome(named('CertificateExpires'), [incident(2, 'leak')])).toBeNull()
  expect(findHome(alert('latency'), [disk])).toBeNull()
})
