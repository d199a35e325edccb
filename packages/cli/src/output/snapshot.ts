import { formatBytes } from '@plimsoll/core'
import type { Grower, Held, Holder, SnapshotDiff, SnapshotSummary } from '@plimsoll/watch/snapshot'
import type { Style } from './style.ts'

/** One snapshot: what is in it, what holds most of it, and what it is made of. */
export function formatSummary(file: string, summary: SnapshotSummary, style: Style): string {
  const { totalBytes, objectCount, holders, kinds } = summary
  const rows = kinds.map(({ name, count, selfBytes, retainedBytes }) => [
    formatBytes(selfBytes),
    formatBytes(retainedBytes),
    formatCount(count),
    name,
  ])
  return [
    `${file}: ${formatBytes(totalBytes)} in ${formatCount(objectCount)} objects.`,
    '',
    style.bold('What holds most (would go with it)'),
    ...holders.flatMap((holder) => formatHolder(holder, style)),
    '',
    style.bold('What it is made of'),
    ...formatTable(['itself', 'with all it holds', 'objects', ''], rows, style),
    '',
  ].join('\n')
}

/** Two snapshots: what holds more than before, with the way to it. */
export function formatDiff(diff: SnapshotDiff, style: Style): string {
  const { before, after, growers, kinds } = diff
  const grown = after.totalBytes - before.totalBytes
  const rows = kinds.map(({ name, countBefore, countAfter, grownBytes }) => [
    `+${formatBytes(grownBytes)}`,
    `${countAfter >= countBefore ? '+' : '−'}${formatCount(Math.abs(countAfter - countBefore))}`,
    name,
  ])
  const verdict =
    grown < 0
      ? `It became smaller by ${formatBytes(-grown)}. Is the older one named first?`
      : `It grew by ${formatBytes(grown)}: ${formatBytes(before.totalBytes)} → ${formatBytes(after.totalBytes)}, ${formatCount(before.objectCount)} → ${formatCount(after.objectCount)} objects.`
  return [
    verdict,
    '',
    ...(growers.length > 0
      ? [style.bold('What holds more than before'), ...growers.flatMap((grower) => formatGrower(grower, style))]
      : ['No single holder gathered anything worth telling.']),
    '',
    ...(rows.length > 0
      ? [style.bold('What there is more of'), ...formatTable(['itself', 'objects', ''], rows, style), '']
      : []),
  ].join('\n')
}

function formatHolder({ variable, what, retainedBytes, share, holds, path }: Holder, style: Style): string[] {
  const indent = ' '.repeat(18)
  const head = `${formatBytes(retainedBytes).padStart(10)} ${formatShare(share).padStart(5)}  `
  return [
    `${head}${variable === null ? what : `${style.bold(variable)}  ${style.dim(what)}`}`,
    ...(holds.length > 0 ? [`${indent}holds ${formatHeld(holds, '')}`] : []),
    ...formatPath(path, indent, style),
  ]
}

function formatGrower(grower: Grower, style: Style): string[] {
  const { variable, what, grownBytes, share, gathered, path, retainedBytesBefore, retainedBytesAfter } = grower
  const indent = ' '.repeat(18)
  const head = `${`+${formatBytes(grownBytes)}`.padStart(10)} ${formatShare(share).padStart(5)}  `
  return [
    `${head}${variable === null ? what : `${style.bold(variable)}  ${style.dim(what)}`}`,
    `${indent}gathered ${formatHeld(gathered, '+')}`,
    `${indent}retains ${formatBytes(retainedBytesBefore)} → ${formatBytes(retainedBytesAfter)} · signature ${grower.signature}`,
    ...formatPath(path, indent, style),
  ]
}

function formatHeld(held: readonly Held[], sign: string): string {
  return held
    .map(({ what, count, bytes }) =>
      count === 0
        ? `${what} (${sign}${formatBytes(bytes)})`
        : `${sign}${formatCount(count)} ${what} (${formatBytes(bytes)})`,
    )
    .join(', ')
}

/** Two words are a variable and its file, which the headline has told. */
function formatPath(path: readonly string[], indent: string, style: Style): string[] {
  return path.length <= 2 ? [] : [`${indent}${style.dim(`by ${path.join(' › ')}`)}`]
}

function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`
}

function formatCount(count: number): string {
  return count.toLocaleString('en')
}

/** Right-aligned but for the last column. */
function formatTable(titles: readonly string[], rows: readonly string[][], style: Style): string[] {
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padStart(widths[column]!))).join('  ')
  return [style.dim(`  ${line(titles)}`.trimEnd()), ...rows.map((row) => `  ${line(row)}`)]
}
