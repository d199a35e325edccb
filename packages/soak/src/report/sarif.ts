import type { Gate, SoakResult } from '../result.ts'
import { describeSlow } from './text.ts'

const descriptions: Record<string, string> = {
  retained: 'Requests leave JavaScript objects behind',
  external: 'Requests leave buffers behind',
  native: 'Memory outside of V8 rises with every request',
  descriptors: 'Requests leave file descriptors open',
  heap: 'The heap holds more than it may',
  errors: 'Too many requests fail',
  p99: 'The 99th percentile of the latency is too high',
  slowdown: 'This version is slower than the one it is compared with',
  survives: 'The service died or stood still under load',
}

/** SARIF 2.1.0 for code scanning: one result for each culprit of a memory gate that failed, else one for the gate. */
export function formatSarif(result: SoakResult): string {
  const failed = result.gates.filter(({ verdict }) => verdict === 'fail')
  const ruleIds = [...new Set(failed.map(({ name }) => name))]
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'plimsoll soak',
            rules: ruleIds.map((id) => ({ id, shortDescription: { text: descriptions[id] ?? id } })),
          },
        },
        invocations: [
          {
            executionSuccessful: result.verdict !== 'invalid',
            toolExecutionNotifications: result.invalidBecause.map((text) => ({ level: 'error', message: { text } })),
          },
        ],
        results: failed.flatMap((gate) => tellGate(gate, result)),
      },
    ],
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function tellGate({ name, sentence }: Gate, { culprits, comparison }: SoakResult): object[] {
  const told = { ruleId: name, level: 'error' }
  const isMemory = name === 'retained' || name === 'external'
  const places = isMemory
    ? culprits.map(({ file, line, variable, share, why, caller }) => {
        const text = `${variable ?? 'This line'} takes ${Math.round(share * 100)} % of the growth and ${why}.`
        // Nobody's pull request holds the line of a package.
        const own = /^(.*):(\d+)$/.exec(caller ?? '')
        if (own) return { file: own[1]!, line: Number(own[2]), text: `${text} It is written to at ${file}:${line}.` }
        return { file, line, text }
      })
    : name === 'slowdown'
      ? (comparison?.culprits ?? []).map((one) => ({ file: one.file, line: one.line, text: `${describeSlow(one)}.` }))
      : []
  if (places.length === 0) return [{ ...told, message: { text: sentence } }]
  return places.map(({ file, line, text }) => ({
    ...told,
    message: { text: `${text} ${sentence}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(file.replaceAll('\\', '/')) },
          region: { startLine: line },
        },
      },
    ],
  }))
}
