import type { SoakResult } from '../result.ts'
import { describeSlow } from './text.ts'

/** One test case a gate, as JUnit's XML has it: failed gates fail, undecided ones are skipped, and without a verdict there is an error. */
export function formatJunit(result: SoakResult): string {
  const { gates, invalidBecause, elapsedMs, command } = result
  const seconds = (elapsedMs / 1000).toFixed(3)
  const cases = gates.map(({ name, verdict, sentence }) => {
    const open = `    <testcase classname="plimsoll.soak" name="${escapeXml(name)}" time="0"`
    if (verdict === 'pass') return `${open}/>`
    const content =
      verdict === 'fail'
        ? `<failure message="${escapeXml(sentence)}">${escapeXml(`${sentence}${describeCulprits(result, name)}`)}</failure>`
        : // The older of the two schemas in use allows this one no attribute.
          `<skipped>${escapeXml(`not decided: ${sentence}`)}</skipped>`
    return `${open}>\n      ${content}\n    </testcase>`
  })
  const invalid = invalidBecause.map(
    (why) =>
      `    <testcase classname="plimsoll.soak" name="verdict" time="0">\n      <error message="${escapeXml(why)}"/>\n    </testcase>`,
  )
  const count = (verdict: string) => gates.filter((gate) => gate.verdict === verdict).length
  const counts = `tests="${cases.length + invalid.length}" failures="${count('fail')}" errors="${invalid.length}" skipped="${count('not-sure')}" time="${seconds}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts.replace(/ skipped="\d+"/, '')}>`,
    `  <testsuite name="${escapeXml(`plimsoll soak: ${command}`)}" ${counts}>`,
    ...cases,
    ...invalid,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function describeCulprits({ culprits, comparison }: SoakResult, gate: string): string {
  if (gate === 'slowdown')
    return (comparison?.culprits ?? []).map((one) => `\n${one.file}:${one.line}  ${describeSlow(one)}`).join('')
  if (gate !== 'retained' && gate !== 'external') return ''
  return culprits.map(({ file, line, code, variable }) => `\n${file}:${line}  ${code ?? variable ?? ''}`).join('')
}

function escapeXml(text: string): string {
  return (
    text
      // What XML 1.0 cannot hold at all, escaped or not.
      .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll('\n', '&#10;')
  )
}
