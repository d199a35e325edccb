import { formatDuration } from '@plimsoll/core'

import type { SoakResult } from '../result.ts'
import { describeKnee, describeSlow } from './text.ts'

const heads = { clean: '✅ CLEAN', leak: '❌ LEAK', 'not-sure': '⚠️ NOT SURE', invalid: '⚠️ INVALID' } as const
const marks = { pass: '✅', fail: '❌', 'not-sure': '⚠️' } as const

/** A summary for a pull request. */
export function formatMarkdown(result: SoakResult): string {
  const { verdict, sentence, culprits, gates, latencyMs, notes, command, ratePerSec, requestCount, elapsedMs } = result
  const rows = gates.map(
    (gate) => `| ${marks[gate.verdict]} | ${gate.name} | ${cell(gate.sentence)} | ${gate.limit ?? ''} |`,
  )
  const slow = result.comparison?.culprits ?? []
  const named = verdict === 'clean' || verdict === 'invalid' ? [] : culprits
  return [
    `## Soak: ${heads[verdict]}`,
    '',
    cell(sentence),
    '',
    ...named.map(
      ({ file, line, code, variable, share, why, caller }) =>
        `- \`${file}:${line}\` ${code ? `\`${code.replaceAll('`', "'")}\`` : ''} ${variable ? `(\`${variable}\`) ` : ''}${Math.round(share * 100)} % of the growth, ${why}${caller ? `; called from \`${caller}\`` : ''}`,
    ),
    ...(named.length > 0 ? [''] : []),
    ...slow.map(
      (one) =>
        `- \`${one.file}:${one.line}\` ${one.code ? `\`${one.code.replaceAll('`', "'")}\` ` : ''}${cell(describeSlow(one))}`,
    ),
    ...(slow.length > 0 ? [''] : []),
    ...(rows.length > 0 ? ['| | gate | found | limit |', '|---|---|---|---|', ...rows, ''] : []),
    ...(latencyMs
      ? [
          `Latency p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms, max ${latencyMs.max.toFixed(0)} ms.`,
          '',
        ]
      : []),
    ...(result.knee ? [`Knee: ${cell(describeKnee(result.knee))}.`, ''] : []),
    ...notes.map((note) => `> ${cell(note)}`),
    `<sub>\`${command.replaceAll('`', "'")}\` · ${requestCount} requests at ${ratePerSec} req/s · ${formatDuration(elapsedMs)}</sub>`,
    '',
  ].join('\n')
}

function cell(text: string): string {
  return text
    .replaceAll('|', String.raw`\|`)
    .replaceAll('<', '&lt;')
    .replaceAll(/\s*\n\s*/g, ' ')
}
