import { InvalidOptionError, MINUTE_MS, parseDuration, Reader, SECOND_MS, messageOf } from '@plimsoll/core'
import { parseDocument } from 'yaml'
import type { ActPolicy } from './api/contract.ts'
import type { OwnershipRule } from './escalation/ownership.ts'

/** How one service is watched, judged and helped. */
export interface ServicePolicy {
  name: string
  /** Database to probe while judging, or null. */
  databaseUrl: string | null
  ownership: OwnershipRule[]
  act: ActPolicy
  /** A p99 above it is slow. Default 1 s. */
  latencyObjectiveMs: number
  /** Share of failed requests above which errors burn. Default 2 %. */
  errorObjective: number
  /** The depth we promise not to pass, as a share of the heap limit. Default 0.8. */
  loadLineRatio: number
  /** Other processes that must be well before one is touched. Default 1. */
  minHealthyProcesses: number
  /** Pause between two actions on one service. Default 10 s. */
  coolDownMs: number
  /** A process that was silent for this long is told of. Default 30 s. */
  silentAfterMs: number
  /** Calm that must last before an incident counts as resolved. Default 30 min. */
  proofMs: number
}

export type Contact = { channel: 'mail'; to: string } | { channel: 'webhook'; to: string }

export interface Team {
  name: string
  contacts: Contact[]
}

export interface EscalationLevel {
  /** After the incident opened. */
  afterMs: number
  teams: string[]
}

export interface EscalationPolicy {
  levels: EscalationLevel[]
  /** After the last level it is called again this often until somebody acknowledges. */
  repeatMs: number
}

export interface StakeholderPolicy {
  teams: string[]
  /** First note after the opening. */
  afterMs: number
  everyMs: number
}

export interface SmtpSettings {
  url: string
  from: string
}

export interface ConsoleConfig {
  services: ServicePolicy[]
  /** For services that report without being configured. */
  defaults: ServicePolicy
  teams: Team[]
  escalation: EscalationPolicy
  stakeholders: StakeholderPolicy | null
  smtp: SmtpSettings | null
  /** Key of the signature on webhooks; null: a key of this installation is used. */
  webhookSecret: string | null
  links: { label: string; url: string }[]
  /** Where people reach this console, for links in mails; null: where it listens. */
  publicUrl: string | null
}

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
] as const
const policyKeys = serviceKeys.filter((key) => key !== 'name' && key !== 'database' && key !== 'ownership')

export function policyOf(config: ConsoleConfig, service: string): ServicePolicy {
  return config.services.find(({ name }) => name === service) ?? { ...config.defaults, name: service }
}

/** Parses the text of the configuration file. @throws {@link InvalidOptionError} with every fault of it at once */
export function parseConfigText(text: string, subject: string): ConsoleConfig {
  const document = parseDocument(text, { prettyErrors: false })
  if (document.errors.length > 0) {
    const lineOf = (offset: number) => text.slice(0, offset).split('\n').length
    const faults = document.errors
      .slice(0, 10)
      .map((error) => ({ where: `line ${lineOf(error.pos[0])}`, what: messageOf(error) }))
    throw new InvalidOptionError(subject, faults)
  }
  return parseConfig(document.toJS() ?? {}, subject)
}

/** @throws {@link InvalidOptionError} with every fault at once */
export function parseConfig(value: unknown, subject = 'Configuration'): ConsoleConfig {
  const reader = new Reader(value)
    .object()
    .onlyKeys(['services', 'policy', 'teams', 'escalation', 'stakeholders', 'smtp', 'webhooks', 'links', 'publicUrl'])
  const defaults = readService(reader.at('policy').onlyKeys(policyKeys), shippedPolicy)
  const config: ConsoleConfig = {
    services: reader.at('services').list((service) => readService(service.onlyKeys(serviceKeys), defaults), {
      maxLength: 200,
      isOptional: true,
    }),
    defaults,
    teams: reader.at('teams').list(readTeam, { maxLength: 200, isOptional: true }),
    escalation: readEscalation(reader.at('escalation')),
    stakeholders: reader.at('stakeholders').orNull((note) => {
      note.object().onlyKeys(['teams', 'after', 'every'])
      return {
        teams: readNames(note.at('teams')),
        afterMs: readSpan(note.at('after'), 30 * SECOND_MS),
        everyMs: readSpan(note.at('every'), 30 * MINUTE_MS, SECOND_MS),
      }
    }),
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

const shippedPolicy: ServicePolicy = {
  name: '',
  databaseUrl: null,
  ownership: [],
  act: 'observe',
  latencyObjectiveMs: SECOND_MS,
  errorObjective: 0.02,
  loadLineRatio: 0.8,
  minHealthyProcesses: 1,
  coolDownMs: 10 * SECOND_MS,
  silentAfterMs: 30 * SECOND_MS,
  proofMs: 30 * MINUTE_MS,
}

function readService(reader: Reader, fallback: ServicePolicy): ServicePolicy {
  if (!reader.isAbsent) reader.object()
  const isDefaults = fallback === shippedPolicy
  return {
    name: isDefaults ? '' : reader.at('name').string({ maxLength: 200 }),
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
  reader.object().onlyKeys(['name', 'contacts'])
  return {
    name: reader.at('name').string({ maxLength: 100 }),
    contacts: reader.at('contacts').list(readContact, { maxLength: 20 }),
  }
}

function readContact(reader: Reader): Contact {
  reader.object().onlyKeys(['mail', 'webhook'])
  const mail = reader.at('mail').stringOrNull({ maxLength: 320 })
  if (mail !== null) {
    if (!/^[^\s@<>]+@[^\s@<>]+$/.test(mail)) reader.at('mail').fault('must be a mail address such as web@example.org')
    return { channel: 'mail', to: mail }
  }
  if (reader.at('webhook').isAbsent) {
    reader.fault('must name a mail address or a webhook')
    return { channel: 'mail', to: '' }
  }
  return { channel: 'webhook', to: readUrl(reader.at('webhook'), ['http:', 'https:']) }
}

function readEscalation(reader: Reader): EscalationPolicy {
  if (reader.isAbsent) return { levels: [], repeatMs: 15 * MINUTE_MS }
  reader.object().onlyKeys(['levels', 'repeat'])
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
  return { levels, repeatMs: readSpan(reader.at('repeat'), 15 * MINUTE_MS, SECOND_MS) }
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

/** A name that leads nowhere would be found out at three in the morning. */
function checkNames(reader: Reader, config: ConsoleConfig): void {
  const teams = new Set(config.teams.map(({ name }) => name))
  const known = config.teams.length === 0 ? 'no team is configured' : `known: ${[...teams].join(', ')}`
  const check = (where: string, team: string) => {
    if (!teams.has(team)) reader.at(where).fault(`names the team "${team}", which does not exist (${known})`)
  }
  config.escalation.levels.forEach((level, index) =>
    level.teams.forEach((team) => check(`escalation.levels[${index}].teams`, team)),
  )
  config.stakeholders?.teams.forEach((team) => check('stakeholders.teams', team))
  config.services.forEach((service, index) =>
    service.ownership.forEach(({ team }, at) => check(`services[${index}].ownership[${at}].team`, team)),
  )
  for (const [list, names] of [
    ['teams', config.teams.map(({ name }) => name)],
    ['services', config.services.map(({ name }) => name)],
  ] as const) {
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) reader.at(list).fault(`has "${twice}" twice`)
  }
  const needsMail = config.teams.some(({ contacts }) => contacts.some(({ channel }) => channel === 'mail'))
  if (needsMail && !config.smtp) reader.at('smtp').fault('is missing, and a team is reached by mail')
}
