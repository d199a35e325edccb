import { formatBytes, MiB, SECOND_MS } from '@plimsoll/core'
import { afterEach, expect, test } from 'vitest'
import { culprit } from '../../src/testing/fake-service.ts'
import { Story, storyConfig } from '../story.ts'

let story: Story
afterEach(() => story.end())

test('a leak is one incident: database acquitted, culprit named, owner called, worker replaced, written up', async () => {
  story = await Story.begin()
  const service = await story.withService({ cache: null })
  service.worker('web-2').behaviour.leakBytesPerMin = 90 * MiB

  await story.until(() => story.hasOpened(), 60)
  const opened = await story.incident()
  expect(opened).toMatchObject({ key: 'INC-1', cause: 'leak', state: 'open', severity: 'critical', verdict: 'leaking' })
  expect(opened.sentence).toContain('web-2')
  expect(story.sentTo('on-call@example.org', 'page')[0]!.atMs - opened.openedAtMs).toBeLessThanOrEqual(2 * SECOND_MS)

  await story.advance(90)
  const incident = await story.incident()
  const check = (name: string) => incident.checks.find((one) => one.name === name)!
  expect(check('leak-or-load').verdict).toBe('guilty')
  expect(check('leak-or-load').decidedAtMs! - incident.openedAtMs).toBeLessThanOrEqual(20 * SECOND_MS)
  expect(check('database').verdict).toBe('ok')
  expect(check('database').decidedAtMs! - incident.openedAtMs).toBeLessThanOrEqual(10 * SECOND_MS)
  expect(incident.culprit).toMatchObject({
    file: 'src/catalog/pages.ts',
    line: 41,
    variable: 'pageCache',
    team: 'catalog',
  })
  expect(incident.culprit!.namedAtMs - incident.openedAtMs).toBeLessThanOrEqual(60 * SECOND_MS)
  const [owner] = story.sentTo('catalog@example.org', 'owner')
  expect(owner!.atMs - incident.culprit!.namedAtMs).toBeLessThanOrEqual(5 * SECOND_MS)
  expect(owner!.text).toContain('pageCache.set(request.url, html)')

  expect(service.carriedOut.map(({ kind, target }) => `${kind} ${target.split('#')[0]}`)).toEqual(['rotate web-2'])
  expect(incident.actions).toMatchObject([{ kind: 'rotate', targetName: 'web-2', status: 'done' }])
  expect(incident.mitigatedAtMs! - incident.openedAtMs).toBeLessThanOrEqual(120 * SECOND_MS)
  expect(story.sentTo('board@example.org', 'stakeholder')).toHaveLength(1)

  service.change({ leakBytesPerMin: 0 })
  await story.until(async () => !(await story.hasOpened()), 200)
  const resolved = await story.incident()
  const calm = resolved.timeline.findLast(({ kind }) => kind === 'calm')!
  expect(resolved.resolvedAtMs! - calm.atMs).toBe(60 * SECOND_MS)
  for (const team of ['on-call', 'catalog', 'board']) {
    expect(story.sentTo(`${team}@example.org`, 'resolved'), team).toHaveLength(1)
  }
  const deepest = resolved.thenNow!.rows.find(({ what }) => what === 'Deepest process')!
  expect(deepest.then).toMatch(/^web-2: /)
  // What leaked before the leak was cured lies still, and is told as it is.
  const worker = service.worker('web-2')
  expect(deepest.now).toBe(`web-2: ${formatBytes(worker.floorBytes)} of 256 MB`)
  const markdown = resolved.postmortem!
  expect(markdown.match(/^## .*/gm)).toEqual([
    '## Issue Summary',
    '## Timeline',
    '## Root Cause and Resolution',
    '## Corrective and Preventative Measures',
  ])
  expect(markdown).toContain('pageCache.set(request.url, html)')
  expect(markdown).toContain('Mitigated after')
  expect(markdown).toContain('Ruled out')
  expect(story.others()).toEqual(['hook:second page', 'hook:second resolved', 'second page', 'second resolved'])
})

test('a leak in a process that is near its limit is not kept waiting for its name', async () => {
  story = await Story.begin()
  const service = await story.withService()
  service.worker('web-2').floorBytes = 200 * MiB
  service.worker('web-2').behaviour.leakBytesPerMin = 90 * MiB
  await story.until(() => service.carriedOut.length > 0, 10)
  expect(service.carriedOut).toMatchObject([{ kind: 'rotate' }])
  expect((await story.incident()).culprit).toBeNull()
  expect(story.others()).toEqual(['on-call page'])
})

test('a surer culprit takes the place of a first guess, and is named when it is named', async () => {
  story = await Story.begin(storyConfig({}, { act: 'observe' }))
  const service = await story.withService({ cache: null })
  const leaking = service.worker('web-2')
  leaking.behaviour.leakBytesPerMin = 60 * MiB
  const guess = { ...culprit, file: 'lib/cards.ts', line: 7, variable: 'cards', confidence: 0.5 }
  leaking.extraSignals.push({ severity: 'critical', culprit: guess })
  await story.until(async () => (await story.hasOpened()) && (await story.incident()).culprit !== null, 60)
  const early = (await story.incident()).culprit!
  expect(early).toMatchObject({ file: 'lib/cards.ts', team: null })

  const isKnown = async () => (await story.incident()).culprit!.file === 'src/catalog/pages.ts'
  await story.until(isKnown, 60)
  const known = (await story.incident()).culprit!
  expect(known.namedAtMs).toBeGreaterThan(early.namedAtMs)
  expect(story.sentTo('catalog@example.org', 'owner')[0]!.atMs - known.namedAtMs).toBeLessThanOrEqual(5 * SECOND_MS)
  expect(story.others()).toEqual(['on-call page'])
})

test('latency and errors that come with a leak join its incident', async () => {
  story = await Story.begin(storyConfig({}, { act: 'observe' }))
  const service = await story.withService()
  service.worker('web-1').behaviour.leakBytesPerMin = 60 * MiB
  await story.until(() => story.hasOpened(), 60)
  Object.assign(service.worker('web-1').behaviour, { latencyMsP50: 600, latencyMsP99: 2500, errorRatio: 0.2 })
  await story.advance(20)
  const incident = await story.incident()
  expect(incident.cause).toBe('leak')
  expect(incident.alerts.map(({ rule }) => rule)).toEqual(['leak', 'error-burn', 'latency-burn'])
  expect(incident.blastRadius.failedRequestCount).toBeGreaterThan(0)
  expect(story.others()).toEqual(['catalog owner', 'on-call page'])
})

test('a leak takes over the incident its symptoms opened, and nobody is called twice', async () => {
  story = await Story.begin(storyConfig({}, { act: 'observe' }))
  const service = await story.withService()
  service.change({ latencyMsP50: 500, latencyMsP99: 1500 })
  await story.until(() => story.hasOpened(), 30)
  expect(await story.incident()).toMatchObject({ cause: 'latency' })
  service.worker('web-3').behaviour.leakBytesPerMin = 60 * MiB
  await story.until(async () => (await story.overview()).incidents[0]!.cause === 'leak', 60)
  const paged = story.sentTo('on-call@example.org', 'page')
  expect(paged.map(({ subject }) => subject)).toEqual(['[INC-1] web: answers are slow'])
  await story.until(() => story.sentTo('catalog@example.org', 'owner').length > 0, 60)
  expect(story.sentTo('catalog@example.org', 'owner')[0]!.subject).toBe('[INC-1] web: a memory leak')
})

test('an unregistered leak that goes on is rotated again when it gets near, in the same incident and without another page', async () => {
  story = await Story.begin()
  const service = await story.withService()
  service.change({ leakBytesPerMin: 50 * MiB })
  await story.until(() => story.hasOpened(), 60)
  await story.act('/api/v1/incidents/1/acknowledge')
  await story.advance(400)
  const incident = await story.incident()
  expect(incident.state).toBe('acknowledged')
  expect(service.carriedOut.length).toBeGreaterThanOrEqual(4)
  expect(new Set(service.carriedOut.map(({ id }) => id)).size).toBe(service.carriedOut.length)
  expect(story.sentTo('on-call@example.org', 'page')).toHaveLength(1)
  expect(story.sentTo('second@example.org')).toHaveLength(0)
  for (const { floorBytes } of service.processes) expect(floorBytes).toBeLessThan(235 * MiB)
  const gaps = incident.actions
    .slice(1)
    .map(({ requestedAtMs }, index) => requestedAtMs - incident.actions[index]!.endedAtMs!)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0)
  expect(story.others()).toEqual(['board stakeholder', 'catalog owner'])
})
