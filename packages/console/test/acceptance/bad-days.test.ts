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
