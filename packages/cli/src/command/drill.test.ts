import type { Incident, NotificationView } from '@plimsoll/console/contract'
import { expect, test } from 'vitest'
import { describe, reportOf } from './drill.ts'

const page = (status: NotificationView['status'], lastError: string | null = null) =>
  ({
    reason: 'page',
    level: 1,
    team: 'web',
    channel: 'mail',
    to: 'web@example.org',
    status,
    lastError,
    sentAtMs: 2000,
  }) as NotificationView
const told = (acknowledgedBy: string | null, ...notifications: NotificationView[]) => {
  const acknowledgedAtMs = acknowledgedBy === null ? null : 3000
  return describe(
    reportOf({ service: 'shop', openedAtMs: 0, acknowledgedAtMs, acknowledgedBy, notifications } as Incident, []),
  )
}

test.each([
  ['who was reached and answered', ['duty', page('sent'), page('cancelled')], 'Every message was accepted.'],
  ['who was not', [null, page('sent'), page('pending', 'getaddrinfo ENOTFOUND')], '1 did not get through.'],
  [
    'what was tried, failed and was then called back',
    [null, page('cancelled', '451 try later')],
    '1 did not get through.',
  ],
  ['what was silenced before it left', [null, page('cancelled')], 'called back before it was sent'],
  ['that nobody was called at all', [null], 'No message was sent.'],
] as const)('a drill tells %s', (_what, [by, ...pages], sentence) => {
  expect(told(by, ...pages)).toContain(sentence)
})
