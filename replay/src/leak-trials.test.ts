import type { ActionView, Incident, NotificationView } from '@plimsoll/console/contract'
import type { Message } from '@plimsoll/demo'
import { expect, test } from 'vitest'
import { clearACopy, leakTrials } from './leak-trials.ts'
import { noMilestones, type ArmRecord, type IncidentGist } from './record.ts'

const OPENED_MS = 1_000_000
const leak: IncidentGist = { sentence: 'undo leaks.', cause: 'leak', conclusion: 'leak', sinceFaultMs: 20_000 }

const rotation = (targetName: string, fromMs: number, change: Partial<ActionView> = {}): ActionView => ({
  id: `rotate-${targetName}`,
  kind: 'rotate',
  target: `${targetName}#1`,
  targetName,
  cache: null,
  status: 'done',
  sentence: '',
  requestedAtMs: OPENED_MS + fromMs,
  startedAtMs: OPENED_MS + fromMs,
  endedAtMs: OPENED_MS + fromMs + 5_000,
  effect: null,
  replacement: null,
  ...change,
})

const page = (level: number, afterMs: number, change: Partial<NotificationView> = {}) =>
  ({
    channel: 'webhook',
    reason: 'page',
    level,
    status: 'sent',
    attemptCount: 1,
    createdAtMs: OPENED_MS + afterMs,
    sentAtMs: OPENED_MS + afterMs + 200,
    lastError: null,
    ...change,
  }) as NotificationView

const message = (key: string) => ({ key }) as Message

/** Names of the promises that do not hold. */
function brokenOf(name: string, changes: Partial<ArmRecord>, incident: Partial<Incident> = {}): string[] {
  const record = {
    arm: 'with-plimsoll',
    seconds: [],
    milestones: { ...noMilestones, opened: 20_000, mitigated: 60_000 },
    traffic: { total: { requestCount: 40, failureCount: 0 } },
    incidents: [leak],
    actions: [],
    deathCount: 0,
    isCulpritRight: true,
    messages: [],
    kills: [],
    incident: { openedAtMs: OPENED_MS, actions: [], notifications: [], ...incident },
    ...changes,
  } as unknown as ArmRecord
  const trial = leakTrials.find((candidate) => candidate.name === name)!
  return trial
    .judge(record)
    .filter(({ holds }) => !holds)
    .map(({ promise }) => promise)
}

test('what leaks in a closure is rotated, and no cache pays for it', () => {
  expect(brokenOf('closure', {}, { actions: [rotation('web-1', 0)] })).toEqual([])
  const cleared = rotation('web-1', 0, { kind: 'clear-cache' })
  for (const actions of [[], [rotation('web-1', 0), cleared], [rotation('web-1', 0, { status: 'failed' })]])
    expect(brokenOf('closure', {}, { actions })).toEqual(['A worker is replaced, and no cache is cleared or shrunk'])
  const late = { milestones: { ...noMilestones, opened: 0, mitigated: 121_000 } }
  expect(brokenOf('closure', late, { actions: [rotation('web-1', 0)] })).toEqual(['Mitigated ≤ 120 s after it opens'])
})

test('what clearing its cache does not help is replaced within half a minute', () => {
  const cleared = rotation('web-1', 0, { kind: 'clear-cache', status: 'ineffective' })
  expect(brokenOf('vain-clear', {}, { actions: [cleared, rotation('web-1', 28_000)] })).toEqual([])
  const soon = 'The same worker is replaced ≤ 30 s after its cache was to be cleared, and that helps'
  for (const actions of [
    [cleared],
    [cleared, rotation('web-1', 31_000)],
    [cleared, rotation('web-2', 28_000)],
    [cleared, rotation('web-1', 28_000, { status: 'ineffective' })],
  ])
    expect(brokenOf('vain-clear', {}, { actions })).toEqual([soon])
  const vain = 'The cache of one worker is cleared, it is seen that this did not help, and no other one is cleared'
  const again = rotation('web-2', 40_000, { kind: 'clear-cache', status: 'ineffective' })
  const replaced = rotation('web-1', 28_000)
  expect(brokenOf('vain-clear', {}, { actions: [cleared, replaced, again] })).toEqual([vain])
  expect(brokenOf('vain-clear', {}, { actions: [{ ...cleared, status: 'done' }, replaced] })).toEqual([vain])
})

test('the handle that clears nothing is put where the page cache is cleared', () => {
  expect(clearACopy('export function clearPages() {\n  pages.clear()\n}')).toContain('new Map(pages).clear()')
  expect(() => clearACopy('pages = new Map()')).toThrow('not cleared by pages.clear() any more')
})

test('workers that all leak are replaced one after the other', () => {
  const actions = [rotation('web-1', 0), rotation('web-2', 10_000), rotation('web-3', 20_000)]
  expect(brokenOf('all-workers', {}, { actions })).toEqual([])
  expect(brokenOf('all-workers', {}, { actions: actions.slice(1) })).toEqual(['Each of the 3 workers is replaced'])
  const hasty = [...actions.slice(0, 2), rotation('web-3', 12_000)]
  expect(brokenOf('all-workers', {}, { actions: hasty })).toEqual([
    'No worker is touched while another one is being replaced',
  ])
  expect(brokenOf('all-workers', { deathCount: 1 }, { actions })).toEqual(['No worker dies'])
})

test('where nobody answers, the second level is called to the second, and again', () => {
  const notifications = [page(1, 100), page(2, 20_100), page(2, 50_000), page(2, 80_300)]
  const messages = ['a', 'b', 'c', 'd'].map(message)
  expect(brokenOf('no-ack', { messages }, { notifications })).toEqual([])
  const promise = 'Level 2 is called after 20 s and again each 30 s, to the second'
  for (const change of [
    [page(1, 3_000), ...notifications.slice(1)],
    notifications.slice(0, 3),
    [...notifications.slice(0, 3), page(2, 82_000)],
  ])
    expect(brokenOf('no-ack', { messages }, { notifications: change })).toEqual([promise])
  expect(brokenOf('no-ack', { messages: messages.slice(1) }, { notifications })).toHaveLength(1)
})

test('a console that was killed four times acts once and loses no message', () => {
  const notifications = [page(1, 100)]
  const actions = [rotation('web-1', 0)]
  const killed = { kills: [1, 2, 3, 4], messages: ['a', 'a', 'b'].map(message) }
  expect(brokenOf('console-killed', killed, { notifications, actions })).toEqual([])
  expect(brokenOf('console-killed', { ...killed, kills: [1] }, { notifications, actions })).toEqual([
    'The console was killed at each of the four stages',
  ])
  const twice = [...actions, rotation('web-1', 20_000)]
  expect(brokenOf('console-killed', killed, { notifications, actions: twice })).toEqual([
    'An action is resumed after a death, not done twice',
  ])
  const lost = [page(1, 100), page(1, 100, { status: 'pending', sentAtMs: null })]
  expect(brokenOf('console-killed', killed, { notifications: lost, actions })).toEqual([
    'Every message arrives, and at most 4 come twice',
  ])
})

test('a pager that is back gets the page while mail still fails', () => {
  const mail = page(1, 100, { channel: 'mail', attemptCount: 5, sentAtMs: OPENED_MS + 70_000 })
  const messages = ['a', 'b'].map(message)
  const late = (ms: number) => page(1, 100, { sentAtMs: OPENED_MS + ms })
  expect(brokenOf('channels-down', { messages }, { notifications: [mail, late(31_000)] })).toEqual([])
  for (const notifications of [
    [mail, late(81_000)],
    // Before it was back: then nothing was down.
    [mail, late(2_000)],
    [late(31_000), late(31_000)],
  ])
    expect(brokenOf('channels-down', { messages }, { notifications })).toHaveLength(1)
  expect(
    brokenOf('channels-down', { messages: ['a', 'a', 'b'].map(message) }, { notifications: [mail, late(31_000)] }),
  ).toEqual(['Every message arrives, and none comes twice'])
})

test('who may only look touches nothing and keeps a ledger', () => {
  const would = rotation('web-1', 3_000, { status: 'would' })
  expect(brokenOf('observe', {}, { actions: [would] })).toEqual([])
  const promise = 'Nothing is touched, and what would have been done is told'
  expect(brokenOf('observe', {}, { actions: [] })).toEqual([promise])
  expect(brokenOf('observe', {}, { actions: [would, rotation('web-2', 9_000)] })).toEqual([promise])
})

test('the last worker is refused, and the second level hears of it at once', () => {
  const actions = [rotation('web-1', 3_000, { status: 'refused' })]
  const notifications = [page(1, 0), page(2, 3_000)]
  expect(brokenOf('one-worker', {}, { actions, notifications })).toEqual([])
  expect(brokenOf('one-worker', {}, { actions: [rotation('web-1', 3_000)], notifications })).toEqual([
    'The guard refuses to touch the last worker',
  ])
  expect(brokenOf('one-worker', {}, { actions, notifications: [page(1, 0)] })).toEqual([
    'The second level is called at once because nothing may be done',
  ])
})
