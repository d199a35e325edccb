import type { ArtifactLocation, Log, Notification, PhysicalLocation, ReportingDescriptor, Result } from 'sarif'
import { rules } from 'eslint-plugin-plimsoll/analysis'
import type { Place, Report, ReviewFinding } from '../finding.ts'
import { describeDependency, factsOf, pageOf } from './words.ts'

const knownLeak = 'known-leak'

/**
 * SARIF 2.1.0, one run, held to the standard's shape by its published types: code scanning shows each result at the line that grows, with
 * the declaration beside it.
 */
export function formatSarif(report: Report, version: string): string {
  const descriptors: ReportingDescriptor[] = [
    ...rules.map(({ name, summary, severity }) => ({
      id: name,
      shortDescription: { text: summary },
      helpUri: pageOf(name),
      defaultConfiguration: { level: levelOf(severity) },
      properties: { tags: ['memory-leak'], 'problem.severity': severity === 'high' ? 'error' : 'warning' },
    })),
    {
      id: knownLeak,
      shortDescription: { text: 'An installed version of a dependency is known to leak.' },
      helpUri: pageOf(knownLeak),
      defaultConfiguration: { level: 'error' },
      properties: { tags: ['memory-leak'], 'problem.severity': 'error' },
    },
  ]
  const indexOf = (rule: string): number => descriptors.findIndex(({ id }) => id === rule)
  const results: Result[] = [
    ...report.findings.map((finding) => ({
      ruleId: finding.rule,
      ruleIndex: indexOf(finding.rule),
      level: levelOf(finding.severity),
      message: { text: messageOf(finding) },
      locations: [{ physicalLocation: physicalLocation(finding.path, finding.place) }],
      relatedLocations: [
        {
          id: 1,
          message: { text: 'declared here' },
          physicalLocation: physicalLocation(finding.path, finding.declaration),
        },
        ...finding.otherLines.map((line, place) => ({
          id: place + 2,
          message: { text: 'grows here too' },
          physicalLocation: { artifactLocation: artifact(finding.path), region: { startLine: line } },
        })),
      ],
      partialFingerprints: { 'plimsoll/v1': finding.fingerprint },
    })),
    ...report.dependencies.map((dependency) => ({
      ruleId: knownLeak,
      ruleIndex: indexOf(knownLeak),
      level: 'error' as const,
      message: { text: `${describeDependency(dependency)} ${dependency.source}` },
      locations: [
        {
          physicalLocation: {
            artifactLocation: artifact(`${dependency.path}/package.json`),
            region: { startLine: 1 },
          },
        },
      ],
    })),
  ]
  const notifications = [
    ...report.unread.map(({ path, what }) => notification('warning', `Not reviewed: ${what}`, path)),
    ...report.unreasoned.map(({ path, line }) =>
      notification('warning', `The ignore comment in line ${line} gives no reason and is not heard`, path),
    ),
  ]
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'plimsoll review',
            semanticVersion: version,
            informationUri: pageOf('readme'),
            rules: descriptors,
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: notifications }],
        results,
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

function messageOf(finding: ReviewFinding): string {
  const facts = factsOf(finding).filter(([label]) => label !== 'declared')
  return [`${finding.sentence}.`, ...facts.map(([label, text]) => (label === 'why' ? text : `${label}: ${text}`))].join(
    '\n',
  )
}

function levelOf(severity: ReviewFinding['severity']): 'error' | 'warning' {
  return severity === 'high' ? 'error' : 'warning'
}

function physicalLocation(path: string, { line, column, endLine, endColumn, code }: Place): PhysicalLocation {
  return {
    artifactLocation: artifact(path),
    region: { startLine: line, startColumn: column, endLine, endColumn, snippet: { text: code } },
  }
}

/** Relative to the root of the checkout, each part of the path encoded. */
function artifact(path: string): ArtifactLocation {
  const uri = path.split('/').map(encodeURIComponent).join('/')
  return path.startsWith('/') || /^[A-Za-z]:/.test(path) ? { uri: `file://${uri}` } : { uri, uriBaseId: '%SRCROOT%' }
}

function notification(level: Notification['level'], text: string, path: string): Notification {
  return { level, message: { text }, locations: [{ physicalLocation: { artifactLocation: artifact(path) } }] }
}
