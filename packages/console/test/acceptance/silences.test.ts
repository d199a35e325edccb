import { HOUR_MS, MINUTE_MS } from '@plimsoll/core'
import { afterEach, expect, test } from 'vitest'
import type { ApiError, SilenceList, SilenceView } from '../../src/api/contract.ts'
import { Story, storyConfig } from '../story.ts'

let story: Story
afterEach(() => story.end())

const window = {
  matchers: 'service="search"',
  from: '2023-05-10T00:00:00Z',
  until: '2033-05-10T00:00:00Z',
  comment: '',
}
const begin = async () => (story = await Story.begin(storyConfig({ stakeholders: undefined, maintenance: [window] })))
const fire = async (alertname: string, labels: Record<string, string> = {}) => {
  await story.send('/api/v2/alerts', [{ labels: { alertname, service: 'far', severity: 'critical', ...labels } }])
  await story.advance(2)
}
const list = () => story.get<SilenceList>('/api/v1/silences')
const make = (body: object) => story.send('/api/v1/silences', body) as Promise<SilenceView>
const end = async (id: string) => {
  const headers = { authorization: `Bearer ${story.adminToken}` }
  const answer = await fetch(`${story.console.url}/api/v1/silences/${id}`, { method: 'DELETE', headers })
  return answer.status === 204 ? 204 : ((await answer.json()) as ApiError).message
}
const refused = async (body: object) => {
  const answer = await story.raw('/api/v1/silences', body)
  return `${answer.status} ${((await answer.json()) as ApiError).message}`
}

test('what fires is offered, and what was silenced is hidden until it is ended', async () => {
  await begin()
  await fire('Down')
  await fire('Slow', { instance: 'far-1' })
  const offered = (await list()).firing
  expect(offered.map(({ what }) => what).sort()).toEqual([
    'service="far", alertname="Down"',
    'service="far", alertname="Slow"',
  ])
  const { what } = offered.find(({ what }) => what.includes('Down'))!
  const made = await make({ what, forMs: HOUR_MS, comment: 'new disks', by: 'duty' })
  expect(made).toMatchObject({ what, state: 'active', by: 'duty', comment: 'new disks', hiddenCount: 1 })
  expect(made.endsAtMs - made.startsAtMs).toBe(HOUR_MS)
  await story.advance(2)
  expect((await list()).firing.map((one) => one.what)).toEqual(['service="far", alertname="Slow"'])
  expect((await story.overview()).silenceCount).toBe(2)
  await story.advance(90)
  expect(story.sentTo('second@example.org', 'page').filter(({ subject }) => /Down/.test(subject))).toEqual([])
  expect(await end(made.id)).toBe(204)
  expect((await list()).silences.at(-1)).toMatchObject({ id: made.id, state: 'expired' })
  expect((await list()).firing).toHaveLength(2)
  // What was quiet does not count: level 2 is called a minute of noise after the first page.
  await story.advance(62)
  expect(story.sentTo('second@example.org', 'page').filter(({ subject }) => /Down/.test(subject))).toHaveLength(1)
  expect(story.others()).toEqual(['hook:second page', 'hook:second page', 'on-call page', 'on-call page'])
})

test('one that is planned begins by itself, and can be called off before', async () => {
  await begin()
  const startsAtMs = story.clock.nowMs() + 10 * MINUTE_MS
  const planned = await make({ what: 'alertname=~"D.*"', forMs: HOUR_MS, startsAtMs, comment: '' })
  const doomed = await make({ what: 'alertname="Other"', forMs: HOUR_MS, startsAtMs, comment: '' })
  expect([planned.state, doomed.state]).toEqual(['pending', 'pending'])
  expect(await end(doomed.id)).toBe(204)
  await story.advance(11 * 60, { postEverySeconds: 60 })
  expect((await list()).silences.find(({ id }) => id === planned.id)?.state).toBe('active')
  await fire('Down')
  await fire('Other')
  expect(story.sentTo('on-call@example.org', 'page').map(({ subject }) => /Down|Other/.exec(subject)?.[0])).toEqual([
    'Other',
  ])
})

test('what cannot be is refused in words, and a maintenance window is not ended from here', async () => {
  await begin()
  expect(await refused({ what: 'everything', forMs: HOUR_MS })).toMatch(/^400 .*is no matcher such as alertname="Leak"/)
  expect(await refused({ what: '', forMs: HOUR_MS })).toMatch(/^400 .*at least one matcher/)
  expect(await refused({ what: 'service=~".*"', forMs: HOUR_MS })).toMatch(/^400 .*must not match the empty string/)
  expect(await refused({ what: 'a="b"', forMs: 5 })).toMatch(/^400 .*forMs must be between/)
  const startsAtMs = story.clock.nowMs() - HOUR_MS
  expect(await refused({ what: 'a="b"', forMs: HOUR_MS, startsAtMs })).toMatch(
    /^400 .*startsAtMs is in the past: leave it out/,
  )
  expect(await end('nonesuch')).toMatch(/not found/)
  const [maintenance] = (await list()).silences
  expect(maintenance).toMatchObject({ what: 'service="search"', isConfigured: true, state: 'active' })
  expect(await end(maintenance!.id)).toMatch(/Take it out of the configuration/)
})
