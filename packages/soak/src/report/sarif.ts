import type { Gate, SoakResult } from '../result.ts'

const descriptions: Record<string, string> = {
  retained: 'Requests leave JavaScript objects behind',
  external: 'Requests leave buffers behind',
  native: 'Memory outside of V8 rises with every request',
  descriptors: 'Requests leave file descriptors open',
  heap: 'The heap holds more than it may',
  errors: 'Too many requests fail',
  p99: 'The 99th percentile of the latency is too high',
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

function tellGate({ name, sentence }: Gate, { culprits }: SoakResult): object[] {
  const told = { ruleId: name, level: 'error' }
  const isMemory = name === 'retained' || name === 'external'
  if (!isMemory || culprits.length === 0) return [{ ...told, message: { text: sentence } }]
  return culprits.map(({ file, line, variable, share, why }) => ({
    ...told,
    message: {
      text: `${variable ?? 'This line'} takes ${Math.round(share * 100)} % of the growth and ${why}. ${sentence}`,
    },
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
