import { MINUTE_MS } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config-file.ts'
import { VirtualConsole } from '../../src/testing/virtual-console.ts'
import { storyConfig, WEB } from '../story.ts'

test('a database that is slow for hours does not become its own usual', () => {
  const startMs = Date.parse('2024-01-01T00:00:00Z')
  const world = new VirtualConsole(parseConfig(storyConfig()), WEB, startMs)
  const behave = (sqlRunMsP50: number) => {
    for (const { behaviour } of world.service.processes) behaviour.sqlRunMsP50 = sqlRunMsP50
  }
  const alerts = () => world.incidents.flatMap(({ alerts }) => alerts.filter(({ rule }) => rule === 'database'))
  behave(60)
  world.until(startMs + 20 * MINUTE_MS)
  expect(alerts()).toEqual([])
  behave(400)
  world.until(startMs + 140 * MINUTE_MS)
  expect(alerts()).toMatchObject([{ clearedAtMs: null }])
  expect(alerts()[0]!.sentence).toContain('run 400 ms (p50) instead of 60 ms')
  // Back at its usual it is over, although that is not quick.
  behave(60)
  world.until(startMs + 145 * MINUTE_MS)
  expect(world.incidents).toMatchObject([{ state: 'resolved' }])
  world.until(startMs + 165 * MINUTE_MS)
  expect(world.incidents).toHaveLength(1)
})
