import { dateTime } from '../words.ts'
import type { Postmortem } from './draft.ts'

/** Sections that people may write themselves; what they wrote is kept, however often the rest is drafted anew. */
export const editableSections = ['summary', 'timeline', 'rootCause', 'measures'] as const
export type Edits = Partial<Record<(typeof editableSections)[number], string>>

/** The draft as Markdown. Text that came from outside can't break out of its line. */
export function renderPostmortem(postmortem: Postmortem, edits: Edits = {}): string {
  const { title, summary, timeline, rootCause, code, resolution, measures } = postmortem
  const section = (name: keyof Edits, body: readonly string[]) =>
    edits[name] === undefined ? body : [edits[name].replaceAll('<', '&lt;')]
  return [
    `# ${plain(title)}`,
    '',
    '## Issue Summary',
    '',
    ...section('summary', bullets(summary)),
    '',
    '## Timeline',
    '',
    ...section('timeline', [
      'Times are UTC. What a person did is marked.',
      '',
      '| When | What |',
      '| --- | --- |',
      ...timeline.map(
        ({ atMs, by, sentence }) => `| ${dateTime(atMs)} | ${by === 'person' ? '**Person:** ' : ''}${cell(sentence)} |`,
      ),
    ]),
    '',
    '## Root Cause and Resolution',
    '',
    ...section('rootCause', [
      ...bullets(rootCause),
      ...(code === null ? [] : ['', '```js', code.replaceAll('```', "'''"), '```']),
      '',
      '### What was done',
      '',
      ...bullets(resolution),
    ]),
    '',
    '## Corrective and Preventative Measures',
    '',
    ...section('measures', [
      '| What | Owner | Due |',
      '| --- | --- | --- |',
      ...measures.map(({ what, owner }) => `| ${cell(what)} | ${cell(owner)} | to be agreed |`),
    ]),
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
