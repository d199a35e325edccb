import { readFileSync } from 'node:fs'
import type { AllocationSite } from '../src/attribute/allocation-profile.ts'
import type { CollectionKind } from '../src/attribute/collection.ts'
import type { WriterSite } from '../src/attribute/writer-trap.ts'
import type { Moment } from '../src/detect/detector.ts'
import type { Floor } from '../src/sample/floor-gauge.ts'
import { Lookout, type SignalDraft } from '../src/watchdog/lookout.ts'

type HolderCount = [
  id: number,
  count: number,
  hasLetGo: boolean,
  entryBytes: number,
  entryExternalBytes: number,
  deadlineMs?: number | null,
]

/** A run of a real service, as `record-history.js` wrote it down. */
interface RecordedHistory {
  heapLimitBytes: number
  scripts: Record<string, string | null>
  /** Those recorded before lists that each change makes anew were followed do not say whether they are one. */
  holders: Record<
    string,
    { kind: CollectionKind; path: string; script: string | null; bound: number | null; isReplaced?: boolean }
  >
  events: (
    | ['moment', Moment]
    | ['floor', Floor]
    | ['census', atMs: number, requestTotal: number, HolderCount[]]
    | ['writers', holderId: number, WriterSite[], atMs: number]
    | ['profile', { atMs: number; windowCount?: number; sites: AllocationSite[] }]
  )[]
}

/** What was told, and when: in seconds since the first event. */
export interface PlayedSignal extends SignalDraft {
  afterSeconds: number
}

/** Judges a recorded run as the watchdog would have, event by event: every window counts, not only the last. */
export function playHistory(name: string, change: (history: RecordedHistory) => void = () => {}): PlayedSignal[] {
  const lines = readFileSync(new URL(`history/${name}.jsonl`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  const [head, ...told] = lines.map((line) => JSON.parse(line) as unknown)
  const history = { ...(head as object), events: told } as RecordedHistory
  change(history)
  const { scripts, holders, events } = history
  const signals: PlayedSignal[] = []
  const beganAtMs = firstMoment(events)
  const pathOf = (script: string) => script.replace(/^file:\/\//, '')
  const readScript = (script: string) => scripts[script] ?? null
  const lookout = new Lookout({
    identity: () => ({ name: 'service' }) as never,
    heapLimitBytes: history.heapLimitBytes,
    machineBytes: null,
    places: {
      readScript,
      locate: (script, line, column) => {
        const here = { isMapped: false, lacksMap: false }
        return { file: pathOf(script), line, column, source: readScript(script), ...here }
      },
      present: (file) => pathOf(file).replace('/srv/', ''),
      packageOf: () => null,
    },
    ask() {},
    emit: (draft) => signals.push({ ...draft, afterSeconds: (draft.atMs - beganAtMs) / 1000 }),
  })
  for (const event of events) {
    if (event[0] === 'moment') lookout.addMoment(event[1], null)
    else if (event[0] === 'floor') lookout.addFloor(event[1])
    else if (event[0] === 'writers') lookout.addWriters(event[1], event[2], event[3])
    else if (event[0] === 'profile') {
      const [, { sites, windowCount = sites[0]?.bytesByBirth.length ?? 0 }] = event
      lookout.addProfile({ ...event[1], windowCount })
    } else {
      const [, atMs, requestTotal, counts] = event
      const counted = counts.map(([id, count, hasLetGo, entryBytes, entryExternalBytes, deadlineMs = null]) => ({
        id,
        isReplaced: false,
        ...holders[id]!,
        count,
        hasLetGo,
        entryBytes,
        entryExternalBytes,
        deadlineMs,
      }))
      lookout.addCensus({ atMs, requestTotal, holders: counted })
    }
  }
  return signals
}

function firstMoment(events: RecordedHistory['events']): number {
  const first = events.find((event) => event[0] === 'floor' || event[0] === 'moment')
  return first ? (first[1] as { atMs: number }).atMs : 0
}
