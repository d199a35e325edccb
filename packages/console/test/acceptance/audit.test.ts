import { HOUR_MS } from '@plimsoll/core'
import { afterEach, expect, test } from 'vitest'
import { forgetAudit, insertAudit } from '../../src/storage/people.ts'
import type { AuditLog, NewToken } from '../../src/api/contract.ts'
import { Story, storyConfig } from '../story.ts'

let story: Story
afterEach(() => story.end())

test('every change that a person makes stands in the log, and so do those that were refused', async () => {
  story = await Story.begin(storyConfig({ stakeholders: undefined }))
  await story.send('/api/v2/alerts', [{ labels: { alertname: 'Down', service: 'far', severity: 'critical' } }])
  await story.advance(2)
  const said = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${story.console.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${story.adminToken}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await answer.text()
    changes.push(`${method} ${path} ${answer.status}`)
    return text
  }
  const changes: string[] = []
  const incident = '/api/v1/incidents/1'
  await said('POST', `${incident}/acknowledge`, {})
  await said('POST', `${incident}/escalate`, {})
  await said('POST', `${incident}/snooze`, { forMs: HOUR_MS })
  await said('POST', `${incident}/reassign`, { teams: ['second'] })
  await said('POST', `${incident}/notes`, { note: 'looked at' })
  await said('POST', `${incident}/postmortem`, { section: 'nonesuch', text: '' })
  await said('POST', `${incident}/merge`, { into: 99 })
  await said('POST', `${incident}/resolve`, {})
  await said('POST', '/api/v1/drills', { service: 'far' })
  await said('POST', '/api/v1/deploys', { service: 'far', version: '2' })
  const silence = JSON.parse(
    await said('POST', '/api/v1/silences', { what: 'a="b"', forMs: HOUR_MS, comment: '' }),
  ) as { id: string }
  await said('DELETE', `/api/v1/silences/${silence.id}`)
  await said('POST', '/api/v2/silences', { matchers: [] })
  await said('DELETE', '/api/v2/silence/nonesuch')
  await said('POST', '/api/v1/people', { name: 'duty', role: 'responder' })
  await said('DELETE', '/api/v1/people/duty')
  const token = JSON.parse(await said('POST', '/api/v1/tokens', { name: 'ci', scope: 'viewer' })) as NewToken
  await said('DELETE', `/api/v1/tokens/${token.id}`)
  await said('POST', '/api/v1/sign-in-links')
  await said('POST', '/api/v1/sign-in', { name: 'stranger', password: 'guessed' })

  // Each is written down after it was answered.
  const read = async () => (await story.get<AuditLog>('/api/v1/audit')).entries
  await expect.poll(read).toHaveLength(changes.length)
  const entries = await read()
  expect(entries.map(({ what, status }) => `${what} ${status}`).sort()).toEqual([...changes].sort())
  expect(changes.filter((change) => / [45]\d\d$/.test(change))).toHaveLength(6)
  expect(entries.at(-1)).toMatchObject({ who: 'a tool', role: 'admin' })
  expect(story.others()).toEqual([
    'hook:second page',
    'hook:second page',
    'hook:second resolved',
    'on-call page',
    'on-call resolved',
    'second page',
    'second page',
    'second resolved',
  ])
})

test('whoever guesses a password is slowed down, by name and by address, and who knows it gets in', async () => {
  story = await Story.begin(storyConfig({ stakeholders: undefined }))
  const signIn = async (name: string) => {
    const body = JSON.stringify({ name, password: 'wrong and long enough' })
    const answer = await fetch(`${story.console.url}/api/v1/sign-in`, { method: 'POST', body })
    return answer.status
  }
  const one: number[] = []
  for (let tries = 0; tries < 8; tries++) one.push(await signIn('duty'))
  expect(one).toEqual([403, 403, 403, 403, 403, 429, 429, 429])
  const many: number[] = []
  for (let tries = 0; tries < 20; tries++) many.push(await signIn(`somebody-${tries}`))
  expect(many.filter((status) => status === 403)).toHaveLength(12)
  expect(many.at(-1)).toBe(429)
  story.clock.advance(10_000)
  expect(await signIn('duty')).toBe(403)
})

test('the log is bounded, and whoever keeps knocking drives out no change that was made', async () => {
  story = await Story.begin(storyConfig({ stakeholders: undefined }))
  const { sql } = story.database
  const note = (what: string, status: number) => insertAudit(sql, { atMs: 1, who: 'duty', role: 'admin', what, status })
  for (let at = 1; at <= 4; at++) await note(`change ${at}`, 200)
  for (let at = 1; at <= 6; at++) await note(`guess ${at}`, 403)
  await forgetAudit(sql, { made: 3, refused: 2 })
  const { entries } = await story.get<AuditLog>('/api/v1/audit')
  expect(entries.map(({ what }) => what)).toEqual(['guess 6', 'guess 5', 'change 4', 'change 3', 'change 2'])
})
