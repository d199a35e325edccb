import { delay, formatDuration, MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import type { Incident, NotificationView } from '@plimsoll/console/contract'
import { alterShop } from './altered-shop.ts'
import type { Judged } from './promises.ts'
import type { ArmRecord } from './record.ts'
import { fullScenario } from './scenario.ts'
import { incidentsOf, isOne, listed, nobodyFails, type Meanwhile, type Trial, type Trouble } from './trial.ts'

const SECOND_LEVEL_MS = 20 * SECOND_MS
const REPEAT_MS = 30 * SECOND_MS
/** How long nobody can be reached by the pager, and by mail, after the incident opened. */
const PAGER_DOWN_MS = 20 * SECOND_MS
const MAIL_DOWN_MS = 60 * SECOND_MS
/** The longest wait between two tries of a message. */
const MAX_BACKOFF_MS = 60 * SECOND_MS

const leaks =
  (leak: 'pages-by-url' | 'array-per-request' | 'closure-chain'): Trouble =>
  async ({ shop, forMs }) =>
    void (await shop.control.switchOn(leak, forMs))

/** After an action that did not help. */
const NEXT_ACTION_MS = 30 * SECOND_MS

/** Half an hour of calm resolves an incident as shipped; here it stays open for as long as the trial looks, as it would. */
const proof = '5m'

const common = {
  warmUpMs: fullScenario.warmUpMs,
  troubleMs: 3 * MINUTE_MS,
  watchedMs: 3 * MINUTE_MS,
  settings: { proof },
}

/** A leak, and something that makes it harder. */
export const leakTrials: readonly Trial[] = [
  {
    ...common,
    name: 'closure',
    title: 'The leak is a chain of closures and in no cache: workers are replaced, nothing is cleared',
    leak: 'closure-chain',
    begin: leaks('closure-chain'),
    judge: (record) => [isOne(record), isLeak(record), isRotatedOnly(record), isMitigated(record), nobodyFails(record)],
  },
  {
    ...common,
    name: 'vain-clear',
    title: 'The cache can be cleared and that frees nothing: the worker is replaced instead',
    leak: 'pages-by-url',
    begin: leaks('pages-by-url'),
    isRegistered: true,
    alter: (root) => alterShop(root, 'pages-by-url', clearACopy),
    judge: (record) => [
      isOne(record),
      isLeak(record),
      isClearedInVain(record),
      isHelpedSoonOtherwise(record),
      isMitigated(record),
      nobodyFails(record),
    ],
  },
  {
    ...common,
    name: 'all-workers',
    title: 'All workers leak alike: they are replaced one by one, never two at once',
    leak: 'array-per-request',
    begin: leaks('array-per-request'),
    // No crawlers that gather at one of them, and as many more shoppers.
    scenario: { crawlerCount: 0, sessionsPerSec: 2 * fullScenario.sessionsPerSec },
    judge: (record) => [
      isOne(record),
      isLeak(record),
      everyWorkerIsReplaced(record, fullScenario.workerCount),
      neverTwoAtOnce(record),
      isMitigated(record),
      nobodyDies(record),
      nobodyFails(record),
    ],
  },
  {
    ...common,
    name: 'observe',
    title: 'The machine may only look: nothing is touched, and the ledger says what would have been done',
    leak: 'pages-by-url',
    begin: leaks('pages-by-url'),
    settings: { proof, act: 'observe' },
    // Before the first worker dies of it.
    troubleMs: 90 * SECOND_MS,
    watchedMs: 90 * SECOND_MS,
    judge: (record) => [isOne(record), isLeak(record), keepsLedger(record)],
  },
  {
    ...common,
    name: 'one-worker',
    title: 'The worker that leaks is the only one: it is not touched, and people are called harder',
    leak: 'pages-by-url',
    begin: leaks('pages-by-url'),
    scenario: { workerCount: 1, crawlerCount: 2, sessionsPerSec: fullScenario.sessionsPerSec / 2 },
    troubleMs: 90 * SECOND_MS,
    watchedMs: 90 * SECOND_MS,
    judge: (record) => [isOne(record), isLeak(record), isRefused(record), secondLevelIsCalledEarly(record)],
  },
  {
    ...common,
    name: 'no-ack',
    title: 'Nobody acknowledges: the second level is called in time, and again and again',
    leak: 'pages-by-url',
    begin: leaks('pages-by-url'),
    settings: {
      secondLevelAfter: `${SECOND_LEVEL_MS / SECOND_MS}s`,
      repeat: `${REPEAT_MS / SECOND_MS}s`,
      proof,
    },
    judge: (record) => [isOne(record), isLeak(record), levelsAreCalledInTime(record), everyPageArrives(record, 0)],
  },
  {
    ...common,
    name: 'console-killed',
    title:
      'kill -9 on the console: when the incident opens, when the line is named, in the middle of an action, after it',
    leak: 'pages-by-url',
    begin: leaks('pages-by-url'),
    async meanwhile(place) {
      const stages: ((incident: Incident) => boolean)[] = [
        () => true,
        ({ culprit }) => culprit !== null,
        ({ actions }) => actions.length > 0,
        ({ mitigatedAtMs }) => mitigatedAtMs !== null,
      ]
      for (const isReached of stages) {
        if (!(await until(place, isReached))) return
        await place.lookout.killAndRestart()
      }
    },
    judge: (record) => [
      {
        promise: 'The console was killed at each of the four stages',
        measured: record.kills.map((atMs) => formatDuration(atMs)).join(', ') || 'never',
        holds: record.kills.length === 4,
      },
      isOne(record),
      isLeak(record),
      isCulpritNamed(record),
      isMitigated(record),
      noActionTwice(record),
      everyPageArrives(record, record.kills.length),
      nobodyFails(record),
    ],
  },
  {
    ...common,
    name: 'channels-down',
    title: `Mail and pager refuse when it matters: the pager for ${PAGER_DOWN_MS / SECOND_MS} s, mail for ${MAIL_DOWN_MS / SECOND_MS} s`,
    leak: 'pages-by-url',
    begin: leaks('pages-by-url'),
    async meanwhile(place) {
      const { lookout, clock } = place
      lookout.inbox.setDown({ mail: true, page: true })
      if (!(await until(place, () => true))) return
      await delay(clock, PAGER_DOWN_MS)
      lookout.inbox.setDown({ mail: true, page: false })
      await delay(clock, MAIL_DOWN_MS - PAGER_DOWN_MS)
      lookout.inbox.setDown({ mail: false, page: false })
    },
    judge: (record) => [
      isOne(record),
      isLeak(record),
      isMitigated(record),
      pagedWhileMailIsDown(record),
      everyPageArrives(record, 0),
      nobodyFails(record),
    ],
  },
]

/** The handle that its owner registers empties a copy, and the cache stays as it is. */
export function clearACopy(source: string): string {
  const altered = source.replace('pages.clear()', 'new Map(pages).clear()')
  if (altered === source) throw new Error('The page cache is not cleared by pages.clear() any more.')
  return altered
}

/** Waits until the incident is there and has come so far. False when the trial ended before. */
async function until(
  { lookout, clock, faultAtMs, isOver }: Parameters<Meanwhile>[0],
  isReached: (incident: Incident) => boolean,
): Promise<boolean> {
  while (!isOver()) {
    const { incident } = await lookout.read(faultAtMs)
    if (incident && isReached(incident)) return true
    await delay(clock, SECOND_MS / 2)
  }
  return false
}

function isLeak(record: ArmRecord): Judged {
  return {
    promise: 'It is told as a leak',
    ...listed(incidentsOf(record).map(({ cause }) => cause)),
    holds: incidentsOf(record)[0]?.cause === 'leak',
  }
}

function isCulpritNamed({ culprit, isCulpritRight }: ArmRecord): Judged {
  return {
    promise: 'File, line and variable are the planted ones',
    measured: culprit ? `${culprit.file}:${culprit.line} ${culprit.variable ?? ''}`.trim() : 'no culprit',
    holds: isCulpritRight === true,
  }
}

function isMitigated({ milestones: { opened, mitigated } }: ArmRecord): Judged {
  const tookMs = opened === null || mitigated === null ? null : mitigated - opened
  return {
    promise: 'Mitigated ≤ 120 s after it opens',
    measured: tookMs === null ? 'never' : formatDuration(tookMs),
    holds: tookMs !== null && tookMs <= 120 * SECOND_MS,
  }
}

const actionsOf = ({ incident }: ArmRecord) => incident?.actions ?? []
const rotationsOf = (record: ArmRecord) =>
  actionsOf(record).filter(({ kind, status }) => kind === 'rotate' && status === 'done')

const listActions = (record: ArmRecord) =>
  listed(actionsOf(record).map(({ kind, targetName, status }) => `${kind} ${targetName}: ${status}`))

function keepsLedger(record: ArmRecord): Judged {
  return {
    promise: 'Nothing is touched, and what would have been done is told',
    ...listActions(record),
    holds: actionsOf(record).length > 0 && actionsOf(record).every(({ status }) => status === 'would'),
  }
}

function isRefused(record: ArmRecord): Judged {
  return {
    promise: 'The guard refuses to touch the last worker',
    ...listActions(record),
    holds: actionsOf(record).length > 0 && actionsOf(record).every(({ status }) => status === 'refused'),
  }
}

/** By the policy alone it would be called after five minutes. */
function secondLevelIsCalledEarly({ incident }: ArmRecord): Judged {
  const calls = pagesOf(incident).filter(({ level, team }) => level === 2 || team === 'developers on call')
  return {
    promise: 'The second level is called at once because nothing may be done',
    ...listed(
      calls.map(
        ({ team, createdAtMs }) => `${team} ${formatDuration(createdAtMs - incident!.openedAtMs)} after the opening`,
      ),
    ),
    holds: calls.length > 0,
  }
}

function isRotatedOnly(record: ArmRecord): Judged {
  return {
    promise: 'A worker is replaced, and no cache is cleared or shrunk',
    ...listActions(record),
    holds: rotationsOf(record).length > 0 && actionsOf(record).every(({ kind }) => kind === 'rotate'),
  }
}

function isClearedInVain(record: ArmRecord): Judged {
  const clears = actionsOf(record).filter(({ kind }) => kind === 'clear-cache')
  return {
    promise: 'The cache of one worker is cleared, it is seen that this did not help, and no other one is cleared',
    ...listActions(record),
    holds: clears.length === 1 && clears[0]!.status === 'ineffective',
  }
}

/** From asking for the first action to asking for the next. */
function isHelpedSoonOtherwise(record: ArmRecord): Judged {
  const [first, next] = actionsOf(record).toSorted((one, other) => one.requestedAtMs - other.requestedAtMs)
  const waitedMs = first && next ? next.requestedAtMs - first.requestedAtMs : null
  return {
    promise: `The same worker is replaced ≤ ${NEXT_ACTION_MS / SECOND_MS} s after its cache was to be cleared, and that helps`,
    measured: waitedMs === null ? 'never' : `${next!.kind} ${next!.targetName} ${formatDuration(waitedMs)} later`,
    holds:
      waitedMs !== null &&
      waitedMs <= NEXT_ACTION_MS &&
      next!.kind === 'rotate' &&
      next!.target === first!.target &&
      next!.status === 'done',
  }
}

function everyWorkerIsReplaced(record: ArmRecord, workerCount: number): Judged {
  const names = [...new Set(rotationsOf(record).map(({ targetName }) => targetName))].sort()
  return {
    promise: `Each of the ${workerCount} workers is replaced`,
    ...listed(names),
    holds: names.length === workerCount,
  }
}

function neverTwoAtOnce(record: ArmRecord): Judged {
  const done = rotationsOf(record).sort((one, other) => one.requestedAtMs - other.requestedAtMs)
  const overlaps = done.filter(
    ({ requestedAtMs }, at) => at > 0 && requestedAtMs < (done[at - 1]!.endedAtMs ?? Infinity),
  )
  return {
    promise: 'No worker is touched while another one is being replaced',
    ...listed(overlaps.map(({ targetName }) => targetName)),
    holds: done.length > 0 && overlaps.length === 0,
  }
}

function nobodyDies({ deathCount }: ArmRecord): Judged {
  return { promise: 'No worker dies', measured: `${deathCount} died`, holds: deathCount === 0 }
}

/** A process that was replaced is gone: there is nobody whom a second order could reach. */
function noActionTwice(record: ArmRecord): Judged {
  const targets = rotationsOf(record).map(({ target, targetName }) => `${targetName} (${target})`)
  return {
    promise: 'An action is resumed after a death, not done twice',
    ...listed(targets),
    holds: targets.length > 0 && new Set(targets).size === targets.length,
  }
}

const pagesOf = (incident: Incident | null) => (incident?.notifications ?? []).filter(({ reason }) => reason === 'page')

/** Each call that was due while it was open, by level: first page ≤ 2 s after the opening, the others within a second. */
function levelsAreCalledInTime({ incident }: ArmRecord): Judged {
  const promise = `Level 2 is called after ${SECOND_LEVEL_MS / SECOND_MS} s and again each ${REPEAT_MS / SECOND_MS} s, to the second`
  if (!incident) return { promise, measured: 'no incident', holds: false }
  const { openedAtMs } = incident
  const callsOf = (level: number) => [
    ...new Set(
      pagesOf(incident)
        .filter((page) => page.level === level)
        .map(({ createdAtMs }) => createdAtMs - openedAtMs),
    ),
  ]
  const [first, second] = [callsOf(1), callsOf(2).sort((one, other) => one - other)]
  const isInTime = second.every((atMs, at) => Math.abs(atMs - SECOND_LEVEL_MS - at * REPEAT_MS) <= SECOND_MS)
  return {
    promise,
    measured: `level 1 after ${first.map((atMs) => formatDuration(atMs)).join(', ')}; level 2 after ${second.map((atMs) => formatDuration(atMs)).join(', ') || 'never'}`,
    holds: first.length === 1 && first[0]! <= 2 * SECOND_MS && second.length >= 3 && isInTime,
  }
}

/** What is owed and was not called off is with its receiver: once, and a second time only where the console died with it. */
function everyPageArrives({ incident, messages }: ArmRecord, maxRepeatCount: number): Judged {
  const notifications = (incident?.notifications ?? []).filter(({ status }) => status !== 'cancelled')
  const missing = notifications.filter((notification) => notification.status !== 'sent')
  const repeatCount = messages.length - new Set(messages.map(({ key }) => key)).size
  return {
    promise: `Every message arrives, and ${maxRepeatCount === 0 ? 'none comes twice' : `at most ${maxRepeatCount} come twice`}`,
    measured: [
      `${notifications.length - missing.length} of ${notifications.length} sent, ${messages.length} received`,
      `${repeatCount} twice`,
      ...missing.map(tell),
    ].join('; '),
    holds:
      notifications.length > 0 &&
      missing.length === 0 &&
      repeatCount <= maxRepeatCount &&
      messages.length - repeatCount >= notifications.length,
  }
}

/** The pager is tried again within the longest wait, whatever becomes of the mails. */
function pagedWhileMailIsDown({ incident }: ArmRecord): Judged {
  const sent = pagesOf(incident).filter(({ channel, sentAtMs }) => channel === 'webhook' && sentAtMs !== null)
  const lateMs = Math.min(...sent.map(({ sentAtMs }) => sentAtMs! - incident!.openedAtMs)) - PAGER_DOWN_MS
  const triedMails = (incident?.notifications ?? []).filter(
    ({ channel, attemptCount }) => channel === 'mail' && attemptCount > 1,
  )
  return {
    promise: `The pager gets through ≤ ${MAX_BACKOFF_MS / SECOND_MS} s after it is back, while mail still fails`,
    measured:
      sent.length === 0 ? 'never' : `${formatDuration(lateMs)} later; ${triedMails.length} mails were tried again`,
    holds: sent.length > 0 && lateMs >= 0 && lateMs <= MAX_BACKOFF_MS && triedMails.length > 0,
  }
}

function tell({ channel, reason, status, lastError }: NotificationView): string {
  return `${channel} (${reason}) is ${status}: ${lastError ?? 'no error'}`
}
