import { dateTime } from '../words.ts'
import type { Postmortem } from './draft.ts'

/** The draft as Markdown. Text that came from outside can't break out of its line. */
export function renderPostmortem(postmortem: Postmortem): string {
  const { title, summary, timeline, rootCause, code, resolution, measures } = postmortem
  return [
    `# ${plain(title)}`,
    '',
    '## Issue Summary',
    '',
    ...bullets(summary),
    '',
    '## Timeline',
    '',
    'Times are UTC. What a person did is marked.',
    '',
    '| When | What |',
    '| --- | --- |',
    ...timeline.map(
      ({ atMs, by, sentence }) => `| ${dateTime(atMs)} | ${by === 'person' ? '**Person:** ' : ''}${cell(sentence)} |`,
    ),
    '',
    '## Root Cause and Resolution',
    '',
    ...bullets(rootCause),
    ...(code === null ? [] : ['', '```js', code.replaceAll('```', "'''"), '```']),
    '',
    '### What was done',
    '',
    ...bullets(resolution),
    '',
    '## Corrective and Preventative Measures',
    '',
    '| What | Owner | Due |',
    '| --- | --- | --- |',
    ...measures.map(({ what, owner }) => `| ${cell(what)} | ${cell(owner)} | to be agreed |`),
    '',
  ].join('\n')
}

function bullets(lines: readonly string[]): string[] {
  return lines.map((line) => `- ${plain(line)}`)
}

function plain(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('<', '&lt;')
}

function cell(text: string): string {
  return plain(text).replaceAll('|', '\\|')
}
