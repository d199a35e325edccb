import { formatDuration } from '@plimsoll/core'
import { percent } from './promises.ts'
import type { ArmRecord, Milestones } from './record.ts'
import { armTitles, history } from './scenario.ts'

export interface Table {
  columns: string[]
  rows: { label: string; cells: string[] }[]
}

type Step = [label: string, key: keyof Milestones, historyMin: number]

/** The steps of 10 May 2023 in the order in which they happened then. */
const steps: readonly Step[] = [
  ['Detected', 'detected', history.detectedMin],
  ['Database exonerated', 'databaseExonerated', history.databaseExoneratedMin],
  ['Worker named', 'workerNamed', history.workerNamedMin],
  ['Leak named', 'leakNamed', history.leakNamedMin],
  ['Developers paged', 'ownerPaged', history.developersPagedMin],
  ['Line named', 'lineNamed', history.lineNamedMin],
  ['Mitigated', 'mitigated', history.mitigatedMin],
  ['Fixed', 'fixed', history.fixedMin],
]

/** The arms side by side, with history as it was published. Spans count from the fault, history's from its first alert. */
export function createTable(arms: readonly ArmRecord[]): Table {
  const money = (minor: number) =>
    (minor / 100).toLocaleString('en', { style: 'currency', currency: 'EUR', maximumFractionDigits: 0 })
  const byArm = (label: string, then: string, cell: (record: ArmRecord) => string) => ({
    label,
    cells: [then, ...arms.map(cell)],
  })
  const phase = (record: ArmRecord, name: string) => {
    const found = record.traffic.phases.find((candidate) => candidate.phase === name)
    return found && found.requestCount > 0 ? formatDuration(found.latencyMsP99) : '–'
  }
  return {
    columns: ['10 May 2023 (cited)', ...arms.map((record) => armTitles[record.arm])],
    rows: [
      ...steps.map(([label, key, min]) =>
        byArm(label, formatDuration(min * 60_000), (record) => {
          const atMs = record.milestones[key]
          return atMs === null ? 'never' : formatDuration(atMs)
        }),
      ),
      byArm('First shopper hurt', 'before the alert', (record) =>
        record.milestones.firstHarm === null ? 'nobody' : formatDuration(record.milestones.firstHarm),
      ),
      byArm(
        'Failed requests',
        'not published',
        (record) => `${record.traffic.total.failureCount} of ${record.traffic.total.requestCount}`,
      ),
      byArm(
        'Failed checkouts',
        'not published',
        (record) => `${record.traffic.total.checkouts.failedCount} of ${record.traffic.total.checkouts.attemptedCount}`,
      ),
      byArm('Money lost', 'not published', (record) => money(record.traffic.total.checkouts.lostMinor)),
      byArm('p99 before the leak', 'not published', (record) => phase(record, 'calm')),
      byArm('p99 with the leak', 'not published', (record) => phase(record, 'leak')),
      byArm('Shoppers affected', percent(history.affectedShare), (record) =>
        percent(record.traffic.total.affectedSessionCount / Math.max(1, record.traffic.total.sessionCount)),
      ),
      byArm('Workers that died', 'not published', (record) => String(record.deathCount)),
      byArm('Workers restarted or replaced', 'not published', (record) => String(record.restartCount)),
    ],
  }
}

/** For the terminal: columns as wide as their widest cell. */
export function renderTableText({ columns, rows }: Table): string {
  const lines = [['', ...columns], ...rows.map(({ label, cells }) => [label, ...cells])]
  const widths = lines[0]!.map((_cell, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
