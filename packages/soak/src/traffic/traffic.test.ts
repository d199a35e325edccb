import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'

import type { Client, Request } from './client.ts'
import { RequestFailedError, type FailureKind } from './failure.ts'
import type { Journey, User } from './journey.ts'
import type { TrafficSecond } from './ledger.ts'
import type { TrafficOptions } from './options.ts'
import type { Response } from './response-parser.ts'
import { startTraffic } from './traffic.ts'

type Script = (request: Request) => {
  afterMs?: number
  status?: number
  headers?: Record<string, string | undefined>
  body?: string
  failure?: FailureKind
}

/** A service that answers by a script, on a clock that moves by hand; it notes what it was asked, and when. */
function fakeService(clock: ManualClock, script: Script = () => ({})) {
  const asked: string[] = []
  const client: Client = {
    open() {
      let hangUp = () => {}
      return {
        exchange(request) {
          asked.push(
            `${Math.round(clock.monotonicMs() * 1000) / 1000} ${request.method} ${request.path} ${request.body ?? ''}`.trimEnd(),
          )
          const { afterMs = 5, status = 200, headers = {}, body = '', failure } = script(request)
          return new Promise((resolve, reject) => {
            hangUp = () => reject(new RequestFailedError('dropped', request.path, 'hung up'))
            const { 'set-cookie': cookie, ...rest } = headers
            const response: Response = {
              status,
              headers: new Map(Object.entries(rest) as [string, string][]),
              setCookies: cookie === undefined ? [] : [cookie],
              body: Buffer.from(body),
              isReusable: true,
            }
            clock.after(afterMs, () =>
              failure ? reject(new RequestFailedError(failure, request.path, 'scripted')) : resolve(response),
            )
          })
        },
        close: () => hangUp(),
      }
    },
  }
  return { asked, client }
}

const journey = (run: (user: User) => Promise<void>): Record<string, Journey> => ({ only: { weight: 1, run } })

async function play(options: Partial<TrafficOptions> & Pick<TrafficOptions, 'journeys'>, script?: Script) {
  const clock = new ManualClock()
  const { asked, client } = fakeService(clock, script)
  const seconds: TrafficSecond[] = []
  const traffic = startTraffic({
    origin: 'http://127.0.0.1:1',
    seed: 1,
    ratePerSec: 10,
    durationMs: 10_000,
    clock,
    client,
    onSecond: (second) => seconds.push(second),
    ...options,
  })
  await clock.advanceAsync((options.durationMs ?? 10_000) + 5000)
  return { asked, seconds, report: await traffic.done }
}

const browse = async (user: User) => {
  await user.get(`/p/${user.zipf(1000)}`)
  while (user.chance(0.7)) {
    await user.think(500)
    await user.get(user.pick(['/a', '/b', '/c']))
  }
}

test('the same seed asks the same at the same instants, another seed does not', async () => {
  const first = await play({ journeys: journey(browse) })
  const again = await play({ journeys: journey(browse) })
  const other = await play({ journeys: journey(browse), seed: 2 })
  expect(first.asked.length).toBeGreaterThan(150)
  expect(again.asked).toEqual(first.asked)
  expect(again.report).toEqual(first.report)
  expect(other.asked).not.toEqual(first.asked)
})

test('what one visitor asks does not depend on how fast the others are answered', async () => {
  const paths = (asked: string[]) => asked.map((line) => line.split(' ')[2]!).filter((path) => path.startsWith('/p/'))
  const fast = await play({ journeys: journey(browse) })
  const slow = await play({ journeys: journey(browse) }, ({ path }) => ({ afterMs: path.endsWith('7') ? 900 : 5 }))
  expect(paths(slow.asked)).toEqual(paths(fast.asked))
})

test('journeys come by their weights', async () => {
  const go = (path: string) => async (user: User) => void (await user.get(path))
  const { report } = await play({
    ratePerSec: 100,
    journeys: { often: { weight: 9, run: go('/often') }, rare: { weight: 1, run: go('/rare') } },
  })
  const count = (route: string) => report.routes.find((summary) => summary.route === route)!.requestCount
  expect(count('GET /often') / report.total.requestCount).toBeCloseTo(0.9, 1)
  expect(count('GET /rare')).toBeGreaterThan(50)
})

test('counts each failure as what it was, by second, phase and route, and each session once', async () => {
  const failures: Record<string, ReturnType<Script>> = {
    '/drop': { failure: 'dropped' },
    '/late': { failure: 'timed-out', afterMs: 2500 },
    '/500': { status: 503 },
    '/404': { status: 404 },
    '/slow': { afterMs: 1200 },
  }
  const run = async (user: User) => {
    for (const path of [...Object.keys(failures), '/fine']) await user.get(path, { route: path }).catch(() => {})
    const answer = await user.get('/fine')
    answer.check(answer.status === 200, 'the page is fine')
    answer.check(answer.text === 'hello', 'the page says hello')
  }
  const { report, seconds } = await play(
    { journeys: journey(run), ratePerSec: 5, durationMs: 8000, graceMs: 4500 },
    ({ path }) => failures[path] ?? {},
  )
  const sessions = report.total.sessionCount
  expect(sessions).toBeGreaterThan(20)
  expect(report.total.failures['dropped']).toBe(sessions)
  expect(report.total.affectedSessionCount).toBe(sessions)
  expect(report.total.failures).toEqual(report.phases[0]!.failures)
  expect(report.total.failureCount).toBe(Object.values(report.total.failures).reduce((sum, count) => sum + count, 0))
  expect(report.total.failures['check-failed']).toBeGreaterThan(report.total.failures['server-error']!)
  expect(report.routes.find(({ route }) => route === '/slow')!.latencyMsP50).toBeCloseTo(1200, -1)
  expect(report.routes.find(({ route }) => route === '/late')!.latencyMsP50).toBeCloseTo(2500, -1)
  // Nothing came that could be timed.
  expect(report.routes.find(({ route }) => route === '/drop')!.latencyMsMax).toBe(0)
  expect(seconds.reduce((sum, second) => sum + second.requestCount, 0)).toBe(report.total.requestCount)
  expect(seconds.reduce((sum, second) => sum + second.newlyAffectedSessionCount, 0)).toBe(sessions)
  expect(report.journeyFaults.count).toBe(0)
})

test('latency counts from the instant a request was meant for, not from when it could be sent', async () => {
  const clock = new ManualClock()
  const { client } = fakeService(clock)
  // Its timers come 300 ms late: a generator that is starved.
  const late = {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    every: clock.every.bind(clock),
    after: (delayMs: number, act: () => void) => clock.after(delayMs + 300, act),
  }
  const run = async (user: User) => void (await user.get('/'))
  const traffic = startTraffic({
    origin: 'http://127.0.0.1:1',
    seed: 1,
    ratePerSec: 1,
    durationMs: 20_000,
    journeys: journey(run),
    clock: late,
    client,
  })
  await clock.advanceAsync(30_000)
  const { total } = await traffic.done
  expect(total.latencyMsP50).toBeGreaterThan(300)
})

test('a service that stands still for 1 s shows the p99 that all who came have felt', async () => {
  const clock = new ManualClock()
  const [stallFromMs, stallUntilMs, durationMs] = [3000, 4000, 10_000]
  const { client } = fakeService(clock, () => {
    const nowMs = clock.monotonicMs()
    return { afterMs: nowMs >= stallFromMs && nowMs < stallUntilMs ? stallUntilMs - nowMs : 0 }
  })
  const run = async (user: User) => void (await user.get('/'))
  const traffic = startTraffic({
    origin: 'http://127.0.0.1:1',
    seed: 4,
    ratePerSec: 500,
    durationMs,
    journeys: journey(run),
    clock,
    client,
  })
  await clock.advanceAsync(durationMs + 3000)
  const { total } = await traffic.done
  // Who arrives x into the stall waits 1 s − x, so a share (1 s − w)/10 s of all waits longer than w: 1 in 100 longer than 0.9 s.
  // A generator that waits for each answer before it asks again reports next to nothing here.
  expect(Math.abs(total.latencyMsP99 / 900 - 1)).toBeLessThan(0.03)
  expect(total.latencyMsP50).toBe(0)
})

test('sessions beyond the bound are counted as missed, and the report says that the generator fell short', async () => {
  const { report, seconds } = await play(
    { journeys: journey(async (user) => void (await user.get('/'))), maxSessions: 3 },
    () => ({ afterMs: 4000 }),
  )
  expect(report.total.sessionCount).toBeLessThanOrEqual(9)
  expect(report.total.missedSessionCount).toBeGreaterThan(80)
  expect(Math.max(...seconds.map(({ openSessionCount }) => openSessionCount))).toBe(3)
  expect(report.generator.isBottleneck).toBe(true)
  expect(report.generator.why[0]).toContain('raise maxSessions')
})

test('ends after the most requests it may send', async () => {
  const { report, asked } = await play({ journeys: journey(browse), maxRequests: 50 })
  expect(asked.length).toBe(50)
  expect(report.endedBy).toBe('max-requests')
})

test('ends when its time is over: thinkers leave, requests get their grace, the rest is unfinished', async () => {
  const { report, asked } = await play({ journeys: journey(browse), durationMs: 3000, graceMs: 1000 }, ({ path }) => ({
    afterMs: path === '/a' ? 60_000 : 100,
  }))
  expect(report.endedBy).toBe('duration')
  expect(Math.max(...asked.map((line) => Number(line.split(' ')[0])))).toBeLessThanOrEqual(3000)
  expect(report.unfinishedCount).toBeGreaterThan(0)
  expect(report.total.failureCount).toBe(0)
  expect(report.total.requestCount + report.unfinishedCount).toBe(asked.length)
})

test('can be stopped, and changes rate and phase on the way', async () => {
  const clock = new ManualClock()
  const { client } = fakeService(clock)
  const traffic = startTraffic({
    origin: 'http://127.0.0.1:1',
    seed: 3,
    ratePerSec: 20,
    durationMs: 60_000,
    phase: 'calm',
    journeys: journey(async (user) => void (await user.get('/'))),
    clock,
    client,
  })
  await clock.advanceAsync(10_000)
  traffic.setRate(100)
  traffic.setPhase('rush')
  await clock.advanceAsync(10_000)
  expect(() => traffic.setRate(-1)).toThrow('ratePerSec')
  const stopped = traffic.stop()
  await clock.advanceAsync(3000)
  const { phases, endedBy, elapsedMs } = await stopped
  expect(endedBy).toBe('stopped')
  expect(elapsedMs).toBeLessThan(21_000)
  expect(phases.map(({ phase, fromMs }) => [phase, fromMs])).toEqual([
    ['calm', 0],
    ['rush', 10_000],
  ])
  expect(phases[1]!.requestCount / phases[0]!.requestCount).toBeCloseTo(5, 0)
})

test('residents stay all the time on their own lines, and are no sessions', async () => {
  const crawl = async (user: User) => {
    for (let page = 1; ; page++) {
      await user.get(`/search?page=${page}`).catch(() => {})
      await user.think(100)
    }
  }
  const { report, asked } = await play({
    journeys: {},
    residents: { crawler: { count: 3, startAfterMs: 2000, run: crawl } },
  })
  expect(report.total.requestCount).toBeGreaterThan(120)
  expect(report.total.sessionCount).toBe(0)
  expect(Number(asked[0]!.split(' ')[0])).toBe(2000)
  expect(report.endedBy).toBe('duration')
})

test('checkouts and the money that was lost are counted', async () => {
  const run = async (user: User) => {
    const answer = await user.post('/checkout', { amount: 500 }, { accept: [402] }).catch(() => null)
    user.recordCheckout({
      outcome: answer === null ? 'failed' : answer.status === 402 ? 'declined' : 'paid',
      amountMinor: 500,
    })
  }
  let number = 0
  const { report } = await play(
    { journeys: journey(run) },
    () => [{ status: 200 }, { status: 402 }, { failure: 'dropped' as const }][number++ % 3]!,
  )
  const { attemptedCount, failedCount, declinedCount, paidMinor, lostMinor } = report.total.checkouts
  expect(attemptedCount).toBe(report.total.requestCount)
  expect(lostMinor).toBe(failedCount * 500)
  expect(paidMinor).toBe((attemptedCount - failedCount - declinedCount) * 500)
  expect(failedCount).toBeGreaterThan(20)
})

test('follows redirects as a browser does, with cookies, and sends forms with their hidden fields', async () => {
  const run = async (user: User) => {
    const page = await user.get('/form')
    const done = await user.submit(page, page.form(/^\/cart/), { quantity: 2 })
    done.check(done.path === '/done?x=1' && done.text === 'cookie: id=7', 'the order is done')
  }
  const { asked, report } = await play({ journeys: journey(run), maxRequests: 3 }, ({ method, path, headers }) => {
    if (path === '/form')
      return {
        headers: { 'set-cookie': 'id=7; HttpOnly' },
        body: '<form method=post action="/cart?a=1"><input type=hidden name=csrf value="t k"><input name=quantity value=1></form>',
      }
    if (method === 'POST') return { status: 303, headers: { location: 'http://127.0.0.1:1/done?x=1' } }
    return { body: /cookie: .*/.exec(headers)?.[0].trimEnd() }
  })
  expect(asked.map((line) => line.replace(/^\S+ /, '')).sort()).toContain('POST /cart?a=1 csrf=t+k&quantity=2')
  expect(report.total.failures).toEqual({})
  expect(report.journeyFaults.count).toBe(0)
})

test('a link to another machine is not followed', async () => {
  const { report } = await play(
    { journeys: journey(async (user) => void (await user.get('/away'))), ratePerSec: 1 },
    () => ({ status: 302, headers: { location: 'http://example.org/' } }),
  )
  expect(report.journeyFaults.messages[0]).toContain('loopback')
})

test('a redirect loop ends', async () => {
  const { report } = await play(
    { journeys: journey(async (user) => void (await user.get('/loop'))), ratePerSec: 1 },
    () => ({ status: 302, headers: { location: '/loop' } }),
  )
  expect(report.total.requestCount).toBe(report.total.sessionCount * 6)
  expect(report.total.failures['check-failed']).toBe(report.total.sessionCount)
})

test('a mistake in a journey is reported, not thrown', async () => {
  const { report } = await play({ journeys: journey(async () => void (undefined as unknown as { a: string }).a) })
  expect(report.journeyFaults.count).toBeGreaterThan(50)
  expect(report.journeyFaults.messages).toHaveLength(1)
})

test('options that cannot be are told all at once', () => {
  const wrong = { origin: 'http://127.0.0.1:1', seed: -1, ratePerSec: 1, durationMs: 0, maxSessions: 1e6, journeys: {} }
  expect(() => startTraffic(wrong)).toThrow(/seed.*durationMs.*maxSessions.*journeys/)
  expect(() => startTraffic({ ...wrong, origin: 'http://example.org' })).toThrow('loopback')
})

test('memory stays flat: a hundred thousand requests on ten thousand routes leave nothing behind', async () => {
  const clock = new ManualClock()
  const answer: Response = { status: 200, headers: new Map(), setCookies: [], body: Buffer.alloc(0), isReusable: true }
  const client: Client = { open: () => ({ exchange: () => Promise.resolve(answer), close() {} }) }
  let asked = 0
  const run = async (user: User) => {
    for (let request = 0; request < 1000; request++) await user.get('/x', { route: `route ${asked++ % 10_000}` })
  }
  const traffic = startTraffic({
    origin: 'http://127.0.0.1:1',
    seed: 1,
    ratePerSec: 1,
    durationMs: 3_600_000,
    journeys: journey(run),
    clock,
    client,
  })
  const heapAfter = async (requestCount: number) => {
    while (asked < requestCount) await clock.advanceAsync(1000)
    globalThis.gc!()
    return process.memoryUsage().heapUsed
  }
  const early = await heapAfter(20_000)
  const late = await heapAfter(120_000)
  expect(late - early).toBeLessThan(1_000_000)
  void traffic.stop()
  await clock.advanceAsync(3000)
  expect((await traffic.done).routes.length).toBeLessThanOrEqual(101)
})
