import { afterEach, expect, test } from 'vitest'
import { Story } from '../story.ts'

let story: Story
afterEach(() => story.end())

test('a process that falls silent is told of after its time, and calms when it speaks again', async () => {
  story = await Story.begin()
  const service = await story.withService()
  const lost = service.worker('web-3')
  lost.isRunning = false
  const seconds = await story.until(() => story.hasOpened(), 60)
  expect(seconds).toBeGreaterThanOrEqual(29)
  expect(seconds).toBeLessThanOrEqual(32)
  const incident = await story.incident()
  expect(incident).toMatchObject({ cause: 'silence', severity: 'warning' })
  expect(incident.sentence).toMatch(/^web-3 fell silent 3\d s ago; 3 of 4 processes still report\.$/)
  await story.advance(70, { postEverySeconds: 5 })
  expect(story.sentTo('on-call@example.org', 'page')).toHaveLength(1)
  expect(story.sentTo('second@example.org')).toEqual([])
  lost.isRunning = true
  await story.until(async () => !(await story.hasOpened()), 100)
  expect(story.others()).toEqual(['on-call resolved'])
})

test('a service that falls silent as a whole is critical', async () => {
  story = await Story.begin()
  const service = await story.withService()
  for (const process of service.processes) process.isRunning = false
  await story.until(async () => (await story.overview()).incidents.some(({ severity }) => severity === 'critical'), 60)
  expect((await story.incident()).sentence).toContain('All of web fell silent')
  expect(story.others()).toEqual(['on-call page'])
})

test('a process that is replaced by one of its name is not missed', async () => {
  story = await Story.begin()
  const service = await story.withService()
  for (const name of ['web-1', 'web-2', 'web-3']) {
    const old = service.worker(name)
    old.isRunning = false
    service.start(name, story.clock.nowMs(), { ...old.behaviour, serviceVersion: '1.5.0' })
    await story.advance(20)
  }
  await story.advance(60)
  expect(await story.incidents()).toEqual([])
  const [web] = (await story.overview()).services
  expect(web!.deploys.map(({ version }) => version)).toEqual(['1.4.0', '1.5.0'])
})

test('a crash is told once; three in five minutes are a loop and critical', async () => {
  story = await Story.begin()
  const service = await story.withService()
  const crash = (name: string) => {
    const old = service.worker(name)
    old.isRunning = false
    service.start(name, story.clock.nowMs(), old.behaviour)
    service.primary.extraSignals.push({
      kind: 'crash',
      severity: 'critical',
      verdict: 'afloat',
      memory: null,
      signature: 'crash:134',
      sentence: `${name} ran out of memory and ended with code 134; it was started again.`,
    })
  }
  crash('web-1')
  await story.advance(20)
  expect(await story.incident()).toMatchObject({ cause: 'crash', severity: 'warning' })
  crash('web-2')
  await story.advance(20)
  crash('web-1')
  await story.advance(5)
  expect(await story.incident()).toMatchObject({ cause: 'crash-loop', severity: 'critical' })
  expect(story.sentTo('on-call@example.org', 'page')).toHaveLength(1)
  await story.advance(70)
  expect(story.sentTo('second@example.org', 'page').length).toBeGreaterThan(0)
  expect(story.others()).toEqual(['board stakeholder', 'hook:second page'])
})
