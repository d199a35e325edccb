import { HOUR_MS, MiB, MINUTE_MS } from '@plimsoll/core'
import { parseConfig } from '../config-file.ts'
import type { IncidentRecord } from '../incident/incident.ts'
import { draftPostmortem, type Postmortem } from '../postmortem/draft.ts'
import { VirtualConsole } from './virtual-console.ts'

const LIMIT_BYTES = 256 * MiB
/** Of the worker that the crawlers sit on. Alone it would die after an hour. */
const LEAK_BYTES_PER_MIN = 3.2 * MiB
const LEAK_SHARES = { 'web-1': 0.4, 'web-2': 1, 'web-3': 0.3 }

/** What the day of the outage was with Plimsoll, every instant on the virtual clock. */
export interface ThirteenHours {
  /** The release with the leak went live at 13:00 UTC. */
  releaseMs: number
  /** When the first worker would have run out of memory with nobody looking after it. */
  deathMs: number
  /** All that was opened; one problem should be one. */
  incidents: readonly IncidentRecord[]
  /** Incidents that were open when the fix was deployed, by state. */
  statesBeforeFix: string[]
  calls: readonly { atMs: number; team: string; reason: string }[]
  /** Workers that were replaced, as the fleet counted them. */
  replacedCount: number
  /** The deepest that a worker ever lay, as a share of its limit. */
  deepestRatio: number
  postmortem: Postmortem
}

/**
 * Lives the thirteen hours of 10 May 2023 with the deciding half of a console: the release goes live, nobody answers for twenty
 * minutes, somebody has it then, the fix comes after twelve hours, and half an hour of calm proves it. Pure and without chance.
 */
export function liveThirteenHours(): ThirteenHours {
  const releaseMs = Date.parse('2023-05-10T13:00:00Z')
  const config = parseConfig({
    services: [{ name: 'web', act: 'safe', ownership: [{ path: 'src/catalog/', team: 'catalog' }] }],
    policy: { proof: '30m' },
    teams: ['on-call', 'second', 'catalog', 'board'].map((name) => ({
      name,
      contacts: [{ mail: `${name}@example.org` }],
    })),
    escalation: {
      levels: [
        { after: '0s', teams: ['on-call'] },
        { after: '1m', teams: ['second'] },
      ],
      repeat: '2m',
    },
    stakeholders: { teams: ['board'], after: '30s', every: '30m' },
    smtp: { url: 'smtp://127.0.0.1:9', from: 'plimsoll@example.org' },
  })
  const world = new VirtualConsole(config, 'web', releaseMs - 20 * MINUTE_MS)
  const { service } = world
  world.until(releaseMs)
  for (const [name, share] of Object.entries(LEAK_SHARES))
    Object.assign(service.worker(name).behaviour, {
      leakBytesPerMin: share * LEAK_BYTES_PER_MIN,
      serviceVersion: '1.5.0',
    })
  const deathMs = releaseMs + ((LIMIT_BYTES - service.worker('web-2').floorBytes) / LEAK_BYTES_PER_MIN) * MINUTE_MS
  let deepestRatio = 0
  const live = (untilMs: number) => {
    while (world.nowMs < untilMs) {
      world.until(Math.min(untilMs, world.nowMs + MINUTE_MS))
      deepestRatio = Math.max(deepestRatio, ...service.processes.map(({ floorBytes }) => floorBytes / LIMIT_BYTES))
    }
  }
  live(releaseMs + 10 * MINUTE_MS)
  live((world.incidents[0]?.openedAtMs ?? world.nowMs) + 20 * MINUTE_MS)
  world.act({ type: 'acknowledge', by: 'duty officer', note: '' })
  live(releaseMs + 12 * HOUR_MS)
  const statesBeforeFix = world.incidents.map(({ state }) => state)
  service.change({ leakBytesPerMin: 0, serviceVersion: '1.5.1' })
  live(releaseMs + 13.5 * HOUR_MS)
  const [incident] = world.incidents
  if (!incident) throw new Error('Thirteen hours went by without an incident.')
  return {
    releaseMs,
    deathMs,
    incidents: world.incidents,
    statesBeforeFix,
    calls: world.calls,
    replacedCount: service.carriedOut.length,
    deepestRatio,
    postmortem: draftPostmortem(incident, world.timeline, []),
  }
}
