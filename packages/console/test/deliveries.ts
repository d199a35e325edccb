import type { ClaimedDelivery } from '../src/storage/outbox.ts'

/** A message on its way, but for what is said otherwise. */
export function createDelivery(change: Partial<ClaimedDelivery> = {}): ClaimedDelivery {
  return {
    id: 917,
    key: 'inc:42/esc:0/team:web/mail:web@example.org',
    incidentId: 42,
    team: 'web',
    channel: 'mail',
    destination: 'web@example.org',
    reason: 'page',
    level: 1,
    attemptCount: 1,
    fence: 1,
    isRepeat: false,
    thread: null,
    message: {
      subject: '[INC-42] web: a memory leak',
      text: 'web-2 is leaking: <b>pages</b> keeps 7.6 KB of every request.\n\nAcknowledge: http://127.0.0.1/acknowledge/42?token=x&y\n',
      incidentUrl: 'http://127.0.0.1/incidents/42',
      acknowledgeUrl: 'http://127.0.0.1/acknowledge/42?token=x&y',
      incident: {
        id: 42,
        key: 'INC-42',
        service: 'web',
        state: 'open',
        severity: 'critical',
        cause: 'leak',
        sentence: 'web-2 is leaking.',
        openedAtMs: 0,
        mitigatedAtMs: null,
        resolvedAtMs: null,
        acknowledgedBy: null,
        culprit: null,
        felt: 'nobody so far.',
        alerts: [],
      },
    },
    ...change,
  }
}
