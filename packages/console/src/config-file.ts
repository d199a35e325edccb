import { HOUR_MS, InvalidOptionError, messageOf, MINUTE_MS, parseDuration, Reader, SECOND_MS } from '@plimsoll/core'
import { isNode, parseDocument, type Document } from 'yaml'
import { checkNames } from './config-names.ts'
import {
  type AlertPolicy,
  type ConsoleConfig,
  type EscalationPolicy,
  type MaintenanceWindow,
  type Person,
  type ServicePolicy,
  shippedAlertPolicy,
  shippedPolicy,
  type Team,
} from './config.ts'
import { readContact, readHttpUrl } from './escalation/contact.ts'
import type { OwnershipRule } from './escalation/ownership.ts'
import type { InhibitRule } from './incident/inhibition.ts'
import { readPlaybook } from './mitigation/playbook.ts'
import { readTemplate } from './notify/template.ts'
import { checkMatcher, type Matcher, parseMatchers } from './rule/matcher.ts'
import { readRule } from './rule/rule-file.ts'

const severities = ['info', 'warning', 'critical'] as const
const actPolicies = ['observe', 'ask', 'safe'] as const
const serviceKeys = [
  'name',
  'database',
  'ownership',
  'act',
  'latencyObjective',
  'errorObjective',
  'loadLine',
  'minHealthyProcesses',
  'coolDown',
  'silentAfter',
  'proof',
  'dependsOn',
] as const
const policyKeys = serviceKeys.filter(
  (key) => key !== 'name' && key !== 'database' && key !== 'ownership' && key !== 'dependsOn',
)

/** Parses the text of the configuration file. @throws {@link InvalidOptionError} with every fault of it at once */
export function parseConfigText(text: string, subject: string): ConsoleConfig {
  const document = parseDocument(text, { prettyErrors: false })
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => ({ where: `line ${lineOf(error.pos[0])}`, what: messageOf(error) }))
    throw new InvalidOptionError(subject, faults)
  }
  const value = readYaml(document, subject) ?? {}
  try {
    return parseConfig(value, subject)
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error
    const placed = error.faults.map(({ where, what }) => {
      const offset = offsetOf(document, where)
      return { where: offset === null ? where : `line ${lineOf(offset)}: ${where}`, what }
    })
    throw new InvalidOptionError(subject, placed)
  }
}

/** Where in the text `teams[0].contacts` begins; of what is missing, where it should be. Null: nowhere. */
function offsetOf(document: Document.Parsed, where: string): number | null {
  const path = where.split(/[.[\]]+/).filter((part) => part !== '')
  for (; path.length > 0; path.pop()) {
    const node = document.getIn(path, true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return null
}

/** Well-formed text may still refer to what is not there, or to itself. */
function readYaml(document: Document.Parsed, subject: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    throw new InvalidOptionError(subject, [{ where: '', what: messageOf(error) }])
  }
}

/** @throws {@link InvalidOptionError} with every fault at once */
export function parseConfig(value: unknown, subject = 'Configuration'): ConsoleConfig {
  const reader = new Reader(value, '', [], Infinity)
    .object()
    .onlyKeys([
      'services',
      'policy',
      'teams',
      'people',
      'alerts',
      'rules',
      'inhibit',
      'maintenance',
      'heartbeats',
      'deadman',
      'escalation',
      'stakeholders',
      'playbooks',
      'smtp',
      'slack',
      'pagerduty',
      'statusPage',
      'webhooks',
      'links',
      'publicUrl',
    ])
  const defaults = readService(reader.at('policy').onlyKeys(policyKeys), shippedPolicy)
  const config: ConsoleConfig = {
    services: reader.at('services').list((service) => readService(service.onlyKeys(serviceKeys), defaults), {
      maxLength: 200,
      isOptional: true,
    }),
    defaults,
    teams: reader.at('teams').list(readTeam, { maxLength: 200, isOptional: true }),
    people: reader.at('people').list(readPerson, { maxLength: 1000, isOptional: true }),
    alerts: readAlertPolicy(reader.at('alerts')),
    rules: reader.at('rules').list(readRule, { maxLength: 500, isOptional: true }),
    inhibit: reader.at('inhibit').list(readInhibitRule, { maxLength: 200, isOptional: true }),
    maintenance: reader.at('maintenance').list(readMaintenance, { maxLength: 500, isOptional: true }),
    heartbeats: reader.at('heartbeats').list(
      (heartbeat) => {
        heartbeat.object().onlyKeys(['name', 'every', 'severity'])
        return {
          name: heartbeat.at('name').string({ minLength: 1, maxLength: 100 }),
          everyMs: readSpan(heartbeat.at('every'), 5 * MINUTE_MS, SECOND_MS),
          severity: heartbeat.at('severity').oneOf(severities, { fallback: 'critical' }),
        }
      },
      { maxLength: 200, isOptional: true },
    ),
    deadman: reader.at('deadman').orNull((deadman) => {
      deadman.object().onlyKeys(['url', 'every'])
      return { url: readHttpUrl(deadman.at('url')), everyMs: readSpan(deadman.at('every'), MINUTE_MS, SECOND_MS) }
    }),
    slack: reader.at('slack').orNull((slack) => {
      slack.object().onlyKeys(['token', 'signingSecret', 'url'])
      return {
        token: slack.at('token').string({ maxLength: 500 }),
        signingSecret: slack.at('signingSecret').stringOrNull({ maxLength: 500 }),
        url: slack.at('url').isAbsent ? 'https://slack.com/api' : readHttpUrl(slack.at('url')).replace(/\/+$/, ''),
      }
    }),
    statusPage: reader
      .at('statusPage')
      .orNull((page) => page.object().onlyKeys(['title']).at('title').string({ maxLength: 100 })),
    pagerdutyUrl: readPagerdutyUrl(reader.at('pagerduty')),
    escalation: readEscalation(reader.at('escalation')),
    stakeholders: reader.at('stakeholders').orNull((note) => {
      note.object().onlyKeys(['teams', 'after', 'every', 'note', 'closing'])
      return {
        teams: readNames(note.at('teams')),
        afterMs: readSpan(note.at('after'), 30 * SECOND_MS),
        everyMs: readSpan(note.at('every'), 30 * MINUTE_MS, SECOND_MS),
        note: note.at('note').orNull(readTemplate),
        closing: note.at('closing').orNull(readTemplate),
      }
    }),
    playbooks: reader.at('playbooks').list(readPlaybook, { maxLength: 100, isOptional: true }),
    smtp: reader.at('smtp').orNull((smtp) => {
      smtp.object().onlyKeys(['url', 'from'])
      return { url: readUrl(smtp.at('url'), ['smtp:', 'smtps:']), from: smtp.at('from').string({ maxLength: 320 }) }
    }),
    webhookSecret: reader.at('webhooks').onlyKeys(['secret']).at('secret').stringOrNull({ maxLength: 500 }),
    links: reader.at('links').list(
      (link) => {
        link.object().onlyKeys(['label', 'url'])
        return { label: link.at('label').string({ maxLength: 60 }), url: readUrl(link.at('url'), ['http:', 'https:']) }
      },
      { maxLength: 20, isOptional: true },
    ),
    publicUrl: reader.at('publicUrl').orNull((url) => readUrl(url, ['http:', 'https:']).replace(/\/+$/, '')),
  }
  checkNames(reader, config)
  reader.finish(subject)
  return config
}

function readAlertPolicy(reader: Reader): AlertPolicy {
  if (reader.isAbsent) return shippedAlertPolicy
  reader.object().onlyKeys(['resolveTimeout', 'proof', 'severity', 'serviceLabels', 'heartbeats'])
  return {
    resolveTimeoutMs: readSpan(reader.at('resolveTimeout'), shippedAlertPolicy.resolveTimeoutMs, SECOND_MS),
    proofMs: readSpan(reader.at('proof'), shippedAlertPolicy.proofMs, SECOND_MS),
    severity: reader.at('severity').oneOf(severities, { fallback: shippedAlertPolicy.severity }),
    serviceLabels: reader.at('serviceLabels').isAbsent
      ? shippedAlertPolicy.serviceLabels
      : readNames(reader.at('serviceLabels')),
    heartbeatAlerts: reader.at('heartbeats').isAbsent ? [] : readNames(reader.at('heartbeats')),
  }
}

function readPagerdutyUrl(reader: Reader): string {
  reader.onlyKeys(['url'])
  const url = reader.at('url')
  return url.isAbsent ? 'https://events.pagerduty.com/v2/enqueue' : readHttpUrl(url)
}

function readPerson(reader: Reader): Person {
  reader.object().onlyKeys(['name', 'role', 'contacts'])
  return {
    name: reader.at('name').string({ minLength: 1, maxLength: 100 }),
    role: reader.at('role').oneOf(['viewer', 'responder', 'admin'], { fallback: 'responder' }),
    contacts: reader.at('contacts').list(readContact, { maxLength: 20, isOptional: true }),
  }
}

function readInhibitRule(reader: Reader): InhibitRule {
  reader.object().onlyKeys(['source', 'target', 'equal'])
  return {
    source: readMatchers(reader.at('source')),
    target: readMatchers(reader.at('target')),
    equal: reader.at('equal').isAbsent ? [] : readNames(reader.at('equal')),
  }
}

function readMaintenance(reader: Reader): MaintenanceWindow {
  reader.object().onlyKeys(['matchers', 'services', 'from', 'until', 'comment'])
  const services = reader.at('services').isAbsent ? [] : readNames(reader.at('services'))
  const matchers = [
    ...(reader.at('matchers').isAbsent ? [] : readMatchers(reader.at('matchers'))),
    ...(services.length === 0
      ? []
      : [{ name: 'service', value: services.map(escapeExpression).join('|'), isRegex: true, isEqual: true }]),
  ]
  if (matchers.length === 0) reader.fault('must name services or matchers')
  const [fromMs, untilMs] = [readInstant(reader.at('from')), readInstant(reader.at('until'))]
  if (untilMs <= fromMs) reader.at('until').fault('must be later than from')
  return {
    matchers,
    fromMs,
    untilMs,
    comment: reader.at('comment').string({ maxLength: 1000, fallback: 'maintenance' }),
  }
}

function escapeExpression(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function readInstant(reader: Reader): number {
  const { raw } = reader
  const text = raw instanceof Date ? raw.toISOString() : typeof raw === 'string' ? raw : ''
  const atMs = /T.*(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(atMs)) reader.fault('must be an instant with its zone, such as 2030-05-10T14:00:00Z')
  return atMs
}

/** Each line one matcher, or several in braces. */
function readMatchers(reader: Reader): Matcher[] {
  const lines = typeof reader.raw === 'string' ? [reader.raw] : readNames(reader)
  const matchers = lines.flatMap((line) => {
    try {
      return parseMatchers(line).map(checkMatcher)
    } catch (error) {
      reader.fault(messageOf(error))
      return []
    }
  })
  if (matchers.length === 0) reader.fault('must have at least one matcher such as severity="critical"')
  return matchers
}

function readService(reader: Reader, fallback: ServicePolicy): ServicePolicy {
  if (!reader.isAbsent) reader.object()
  const isDefaults = fallback === shippedPolicy
  return {
    name: isDefaults ? '' : reader.at('name').string({ minLength: 1, maxLength: 200 }),
    databaseUrl: reader.at('database').orNull((url) => readUrl(url, ['postgres:', 'postgresql:'])),
    ownership: reader.at('ownership').list(readOwnership, { maxLength: 500, isOptional: true }),
    act: reader.at('act').oneOf(actPolicies, { fallback: fallback.act }),
    latencyObjectiveMs: readSpan(reader.at('latencyObjective'), fallback.latencyObjectiveMs, 1),
    errorObjective: reader.at('errorObjective').number({ min: 0, max: 1, fallback: fallback.errorObjective }),
    loadLineRatio: reader.at('loadLine').number({ min: 0.1, max: 1, fallback: fallback.loadLineRatio }),
    minHealthyProcesses: reader
      .at('minHealthyProcesses')
      .integer({ min: 0, max: 1000, fallback: fallback.minHealthyProcesses }),
    coolDownMs: readSpan(reader.at('coolDown'), fallback.coolDownMs),
    silentAfterMs: readSpan(reader.at('silentAfter'), fallback.silentAfterMs, SECOND_MS),
    proofMs: readSpan(reader.at('proof'), fallback.proofMs, SECOND_MS),
    dependsOn: reader.at('dependsOn').isAbsent ? [] : readNames(reader.at('dependsOn')),
  }
}

function readOwnership(reader: Reader): OwnershipRule {
  reader.object().onlyKeys(['path', 'cache', 'package', 'team'])
  const rule: OwnershipRule = {
    path: reader.at('path').stringOrNull({ maxLength: 500 }),
    cache: reader.at('cache').stringOrNull({ maxLength: 200 }),
    package: reader.at('package').stringOrNull({ maxLength: 200 }),
    team: reader.at('team').string({ maxLength: 100 }),
  }
  const subjectCount = [rule.path, rule.cache, rule.package].filter((subject) => subject !== null).length
  if (subjectCount !== 1) reader.fault('must name exactly one of path, cache and package')
  return rule
}

function readTeam(reader: Reader): Team {
  reader.object().onlyKeys(['name', 'contacts', 'members'])
  return {
    name: reader.at('name').string({ minLength: 1, maxLength: 100 }),
    contacts: reader.at('contacts').list(readContact, { maxLength: 20, isOptional: !reader.at('members').isAbsent }),
    members: reader.at('members').isAbsent ? [] : readNames(reader.at('members')),
  }
}

function readEscalation(reader: Reader): EscalationPolicy {
  if (reader.isAbsent) return { levels: [], repeatMs: 15 * MINUTE_MS, acknowledgeTimeoutMs: null }
  reader.object().onlyKeys(['levels', 'repeat', 'acknowledgeTimeout'])
  const levels = reader.at('levels').list(
    (level) => {
      level.object().onlyKeys(['after', 'teams'])
      return { afterMs: readSpan(level.at('after'), 0), teams: readNames(level.at('teams')) }
    },
    { maxLength: 20 },
  )
  levels.forEach(({ afterMs }, index) => {
    if (index > 0 && afterMs <= levels[index - 1]!.afterMs) {
      reader.at(`levels[${index}].after`).fault('must be later than the level before')
    }
  })
  return {
    levels,
    repeatMs: readSpan(reader.at('repeat'), 15 * MINUTE_MS, SECOND_MS),
    acknowledgeTimeoutMs: reader.at('acknowledgeTimeout').orNull((timeout) => readSpan(timeout, HOUR_MS, SECOND_MS)),
  }
}

function readNames(reader: Reader): string[] {
  return reader.list((name) => name.string({ maxLength: 100 }), { maxLength: 50 })
}

function readSpan(reader: Reader, fallbackMs: number, minMs = 0): number {
  if (reader.isAbsent) return fallbackMs
  const spanMs = typeof reader.raw === 'string' ? parseDuration(reader.raw) : null
  if (spanMs === null) reader.fault('must be a span such as 30s, 5m or 1h30m')
  else if (spanMs < minMs) reader.fault(`must be at least ${minMs} ms`)
  else return spanMs
  return fallbackMs
}

function readUrl(reader: Reader, protocols: readonly string[]): string {
  const text = reader.string({ maxLength: 2000 })
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !protocols.includes(url.protocol)) reader.fault(`must be a URL with ${protocols.join(' or ')}//`)
  return text
}
