import { formatBytes } from '@plimsoll/core'
import type { Culprit, Signal, Verdict } from '@plimsoll/core/wire'
import type { CodeFrame } from '../attribute/code-frame.ts'
import { describePlace } from './sentence.ts'

export interface TerminalStyle {
  isColoured: boolean
  columns: number
}

/** What a gauge needs: how much there is, and where the limit is. */
export interface Level {
  label: string
  currentBytes: number
  limitBytes: number
}

const colours: Record<Verdict, string> = {
  afloat: '36',
  growing: '33',
  leaking: '38;5;208',
  sinking: '31',
  recovered: '32',
}
const GAUGE_CELLS = 40

/** One readable block for a claim: state and sentence, gauge, the line, what was done, what to do. One line for everything else. */
export function renderSignal(
  signal: Signal,
  frame: CodeFrame | null,
  level: Level | null,
  style: TerminalStyle,
): string {
  const paint = (text: string, code: string) => (style.isColoured ? `\u001b[${code}m${text}\u001b[0m` : text)
  const isClaim = signal.verdict === 'leaking' || signal.verdict === 'sinking'
  if (!isClaim) return `${paint('plimsoll:', colours[signal.verdict])} ${signal.sentence}\n`
  const [headline = '', ...rest] = hang('● ', signal.sentence, style.columns)
  const blocks = [
    [paint(headline, colours[signal.verdict]), ...rest],
    level ? [renderGauge(level)] : [],
    signal.culprit && frame ? renderFrame(signal.culprit, frame, style, paint) : [],
    signal.candidates.length > 0 ? [`Also growing: ${signal.candidates.slice(0, 3).map(nameOf).join(' · ')}`] : [],
    signal.actions.flatMap(({ sentence }) => hang('Done: ', sentence, style.columns)),
    hang('To do: ', advise(signal.culprit), style.columns),
  ]
  const body = blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => ` ${line}`.trimEnd()).join('\n'))
  return `\n${body.join('\n\n')}\n\n`
}

function renderGauge({ label, currentBytes, limitBytes }: Level): string {
  const share = Math.min(1, currentBytes / limitBytes)
  const filled = Math.round(share * GAUGE_CELLS)
  return `  ${label}  ▐${'█'.repeat(filled)}${'░'.repeat(GAUGE_CELLS - filled)}▌  ${formatBytes(currentBytes)} of ${formatBytes(limitBytes)}`
}

function renderFrame(
  { file, line, column }: Culprit,
  frame: CodeFrame,
  { columns }: TerminalStyle,
  paint: (text: string, code: string) => string,
): string[] {
  const width = String(frame.firstLine + frame.lines.length).length
  const rows = frame.lines.map((text, index) => {
    const number = frame.firstLine + index
    const row = `${number === line ? '▸' : ' '} ${String(number).padStart(width)} │ ${text}`.slice(
      0,
      Math.max(40, columns - 2),
    )
    return number === line ? paint(row, '1') : row
  })
  return [`  ${file}:${line}${column === null ? '' : `:${column}`}`, ...rows.map((row) => `  ${row}`)]
}

function nameOf(culprit: Culprit): string {
  const place = describePlace(culprit)
  return culprit.variable === null
    ? `what ${place}${culprit.package ? ',' : ''} makes`
    : `${culprit.variable} (${place})`
}

function advise(culprit: Culprit | null): string {
  if (!culprit) return 'the variable is not known yet; the watch goes on looking while the growth lasts.'
  const name = culprit.variable ?? 'it'
  if (culprit.knownLeak !== null) {
    const cure =
      culprit.fixedIn === null ? 'no released version mends it' : `${culprit.package} ${culprit.fixedIn} mends it`
    return `this leak is known, and ${cure}: ${culprit.knownLeak}`
  }
  if (culprit.package) {
    const where = culprit.variable === null ? 'what is made there stays' : `${name} is where it holds on`
    return `look for a newer ${culprit.package}, and at the code of yours that calls it; ${where}.`
  }
  if (culprit.variable === null)
    return 'find out who keeps what is made there: a collection, a listener, a timer, or a promise that is never settled.'
  if (name.includes('.on('))
    return 'add this listener once, outside of what runs for every request, or take it away when the request is over.'
  return `let ${name} forget: give it a bound in bytes or entries and an eviction, or take entries out when they are done with.`
}

/** A paragraph after its lead word, further lines under the first. */
function hang(lead: string, text: string, columns: number): string[] {
  const width = Math.max(40, Math.min(columns - 2, 100)) - lead.length
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length + 1 <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.map((line, index) => (index === 0 ? lead : ' '.repeat(lead.length)) + line)
}
