import { SECOND_MS } from '@plimsoll/core'
import { connect } from '@plimsoll/postgres'
import { testCluster } from '@plimsoll/postgres/testing'
import { afterEach, expect, test } from 'vitest'
import { Story, storyConfig } from '../story.ts'

let story: Story
afterEach(() => story.end())

test('an agent that floods is told to wait, and the others are heard as ever', async () => {
  story = await Story.begin()
  const service = await story.withService()
  const [flooding, other] = [service.worker('web-1'), service.worker('web-2')]
  const statuses: number[] = []
  let waitSeconds = 0
  for (let count = 0; count < 200; count++) {
    const response = await story.post(flooding.batch(story.clock.nowMs()))
    await response.arrayBuffer()
    statuses.push(response.status)
    waitSeconds = Number(response.headers.get('retry-after'))
  }
  // So many at once as an agent catches up with after a while without a network, and not one more.
  expect([...new Set(statuses)]).toEqual([200, 429])
  expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(120)
  expect((await story.post(other.batch(story.clock.nowMs()))).status).toBe(200)
  await story.console.settled()
  story.clock.advance(waitSeconds * 1000)
  expect((await story.post(flooding.batch(story.clock.nowMs()))).status).toBe(200)
})

test('the status page admits trouble of what only an alert names, and does not name it', async () => {
  story = await Story.begin(storyConfig({ statusPage: { title: 'Shop' } }))
  const labels = { alertname: 'DiskFull', job: 'db-node-7', severity: 'critical' }
  await story.send('/api/v2/alerts', [{ labels }])
  await story.advance(2)
  const text = await (await fetch(`${story.console.url}/status`)).text()
  expect(text).toContain('There is trouble')
  expect(text).not.toContain('db-node-7')
  expect(text).not.toContain('Everything works')
  expect(story.others()).toEqual(['on-call page'])
})

test('with the store down the status page is served as it was rendered last, and says of when', async () => {
  story = await Story.begin(storyConfig({ statusPage: { title: 'Shop' } }))
  await story.withService()
  const status = async () => {
    const response = await fetch(`${story.console.url}/status`)
    return { status: response.status, text: await response.text() }
  }
  const before = await status()
  expect(before).toMatchObject({ status: 200, text: expect.stringContaining('Everything works.') as string })
  const { name } = story.database
  const ruler = connect((await testCluster()).address('postgres'), { max: 1 })
  await ruler.unsafe(`alter database ${name} with allow_connections false`)
  await ruler`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`
  try {
    const refused = await story.raw('/api/v1/incidents/1/acknowledge', {})
    await refused.arrayBuffer()
    expect(refused.status).toBe(503)
    const during = await status()
    expect(during.status).toBe(200)
    expect(during.text).toContain('<b>web</b> works.')
    expect(during.text).toMatch(/As of .* UTC/)
  } finally {
    await ruler.unsafe(`alter database ${name} with allow_connections true`)
    await ruler.end()
  }
})

test.each(['/api/v2/alerts', '/api/v1/webhooks/alertmanager'])(
  '%s: whoever sends while the store hangs is told to come again, and what is answered with 200 is stored',
  async (path) => {
    story = await Story.begin()
    const alert = { labels: { alertname: 'Down', service: 'far' }, annotations: {} }
    const body = path.endsWith('/alerts') ? [alert] : { version: '4', alerts: [{ ...alert, status: 'firing' }] }
    const { sql } = story.database
    const post = () =>
      fetch(`${story.console.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${story.adminToken}` },
        body: JSON.stringify(body),
      })
    await sql.begin(async (holding) => {
      await holding`lock table alerts in access exclusive mode`
      const first = post()
      // The cluster is shared with other tests.
      const waiting = () => holding`
        select 1 from pg_locks where not granted and relation = 'alerts'::regclass
          and database = (select oid from pg_database where datname = current_database())`
      await expect.poll(waiting, { timeout: 10_000 }).toHaveLength(1)
      const second = post()
      let isAnswered = false
      void Promise.allSettled([first, second]).then(() => (isAnswered = true))
      for (let passed = 0; passed < 60 && !isAnswered; passed++) {
        story.clock.advance(SECOND_MS)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      for (const answer of [await first, await second])
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '10'])
    })
    expect((await post()).status).toBe(200)
    expect(await sql`select 1 from alerts`).toHaveLength(1)
    await story.console.settled()
    expect(story.others().slice(0, 1)).toEqual(['on-call page'])
  },
)
