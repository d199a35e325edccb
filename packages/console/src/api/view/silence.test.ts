import { ManualClock } from '@plimsoll/core/testing'
import { beforeEach, expect, test } from 'vitest'
import { silencesOf, type Silence } from '../../incident/silence.ts'
import type { Labels } from '../../rule/matcher.ts'
import type { Rooms } from '../rooms.ts'
import { createSilenceLister, toSilenceList } from './silence.ts'

let clock: ManualClock
let silences: Silence[]
let alerts: { labels: Labels; clearedAtMs: null; fingerprint: string; sentence: string }[]
let revision: number
let askCount: number

beforeEach(() => {
  clock = new ManualClock(1000)
  ;[silences, alerts, revision, askCount] = [[], [], 0, 0]
})

const silence = (id: number, service: string, more: Partial<Silence> = {}): Silence => ({
  id: String(id),
  matchers: [{ name: 'service', value: service, isRegex: true, isEqual: true }],
  startsAtMs: 0,
  endsAtMs: 1e12,
  createdBy: 'duty',
  comment: '',
  updatedAtMs: 0,
  ...more,
})
const alert = (service: string, more: Labels = {}) => ({
  // What is asked is counted where a matcher looks.
  labels: new Proxy<Labels>(
    { alertname: 'Down', service, ...more },
    {
      get: (target, name: string) => {
        if (name === 'service') askCount++
        return target[name]
      },
    },
  ),
  clearedAtMs: null,
  fingerprint: `alert/${service}`,
  sentence: `${service} is down`,
})
const rooms = () =>
  ({
    clock,
    config: { alerts: { serviceLabels: [] } },
    engine: { openIncidents: () => [{ id: 1, alerts }] },
    alerts: { active: () => alerts },
    silences: {
      all: () => [...silences],
      hiding: (labels: Labels) => silencesOf(labels, silences, clock.nowMs()),
      revision,
    },
  }) as unknown as Rooms

test('thousands of silences and alerts are held against each other within bounds', () => {
  silences = Array.from({ length: 5000 }, (_, index) => silence(index, `web-${index}.*`))
  alerts = Array.from({ length: 1000 }, (_, index) => alert(`shop-${index}`))
  const list = toSilenceList(rooms())
  expect(list.silences).toHaveLength(500)
  expect(list.firing).toHaveLength(500)
  // 500 that are shown × 1000 that fire, and 500 that are offered × 5000 in force; each once.
  expect(askCount).toBeLessThan(500 * 1000 + 500 * 5000 + 10_000)
})

test('silences that are not in force are not asked', () => {
  silences = [silence(1, 'far', { endsAtMs: 500 }), silence(2, 'far', { startsAtMs: 2000 })]
  alerts = [alert('far')]
  const list = toSilenceList(rooms())
  expect(list.silences.map(({ state, hiddenCount }) => [state, hiddenCount])).toEqual([
    ['pending', 0],
    ['expired', 0],
  ])
  expect(list.firing).toEqual([{ what: 'service="far", alertname="Down"', sentence: 'far is down', incidentId: 1 }])
})

test('of two alerts that would be silenced alike, the one that is heard is offered', () => {
  silences = [silence(1, 'far', { matchers: [{ name: 'instance', value: 'a', isRegex: false, isEqual: true }] })]
  alerts = [alert('far', { instance: 'a' }), alert('far', { instance: 'b' }), alert('far', { instance: 'b' })]
  const list = toSilenceList(rooms())
  expect(list.firing).toHaveLength(1)
  expect(list.silences[0]!.hiddenCount).toBe(1)
})

test('all who ask within five seconds share one answer, until a silence changes', () => {
  silences = [silence(1, 'far')]
  alerts = [alert('far')]
  const world = rooms()
  const list = createSilenceLister(world)
  const first = list()
  clock.advance(4999)
  expect(list()).toBe(first)
  clock.advance(1)
  const second = list()
  expect(second).not.toBe(first)
  Object.assign(world.silences, { revision: 1 })
  expect(list()).not.toBe(second)
})
