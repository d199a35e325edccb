import type { Reader } from '@plimsoll/core'
import { createHash } from 'node:crypto'
import { whyForbidden } from '../notify/address-guard.ts'

export const channelNames = [
  'mail',
  'webhook',
  'slack',
  'slack-bot',
  'pagerduty',
  'alertmanager',
  'alertmanager-webhook',
] as const
export type ChannelName = (typeof channelNames)[number]

/** One way to reach somebody. `to` is what may be shown and stored; `secret` is what it takes to get there, where that is one. */
export interface Contact {
  channel: ChannelName
  to: string
  secret: string | null
}

/** Of a secret this long the last four characters may be shown; one shorter than the other is guessed anyway. */
const LONG = 16
const SHORT = 8

const keys = {
  mail: 'mail',
  webhook: 'webhook',
  slack: 'slack',
  slackChannel: 'slack-bot',
  pagerduty: 'pagerduty',
  alertmanager: 'alertmanager',
  alertmanagerWebhook: 'alertmanager-webhook',
} as const

export function readContact(reader: Reader): Contact {
  reader.object().onlyKeys(Object.keys(keys))
  const given = (Object.keys(keys) as (keyof typeof keys)[]).filter((key) => !reader.at(key).isAbsent)
  if (given.length !== 1) reader.fault(`must name exactly one of ${Object.keys(keys).join(', ')}`)
  const [contact] = given.map((key) => readWay(key, reader.at(key)))
  return contact ?? { channel: 'mail', to: '', secret: null }
}

function readWay(key: keyof typeof keys, value: Reader): Contact {
  if (key === 'mail') {
    const mail = value.string({ maxLength: 320 })
    if (!/^[^\s@<>]+@[^\s@<>]+$/.test(mail)) value.fault('must be a mail address such as web@example.org')
    return { channel: 'mail', to: mail, secret: null }
  }
  if (key === 'slackChannel') return { channel: 'slack-bot', to: value.string({ maxLength: 100 }), secret: null }
  if (key === 'pagerduty') {
    const routingKey = value.string({ maxLength: 100 })
    if (!/^[A-Za-z0-9]{32}$/.test(routingKey))
      value.fault('must be the 32 letters and digits of an Events v2 integration key')
    return {
      channel: 'pagerduty',
      to: `pagerduty …${routingKey.slice(-4)} ${shortHash(routingKey)}`,
      secret: routingKey,
    }
  }
  const url = readHttpUrl(value)
  if (key === 'slack') return { channel: 'slack', to: `slack …${url.slice(-4)} ${shortHash(url)}`, secret: url }
  return { channel: keys[key], to: showUrl(url), secret: url }
}

/** An address that messages are posted to. Those that only a machine's own cloud answers are refused here already. */
export function readHttpUrl(reader: Reader): string {
  const text = reader.string({ maxLength: 2000 })
  const url = URL.canParse(text) ? new URL(text) : null
  const why = url && whyForbidden(url.hostname)
  if (!url || !['http:', 'https:'].includes(url.protocol)) reader.fault('must be a URL with http: or https://')
  else if (why !== null) reader.fault(`must not lead to ${url.hostname}, ${why}`)
  return text
}

/**
 * A URL without what may be secret in it: user, query, and parts of the path that nobody would think up by himself.
 * @param isSecret which parts these are; another than shipped finds what an older version wrote down
 */
export function showUrl(text: string, isSecret: (part: string) => boolean = isRandom): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url) return text
  const path = url.pathname
    .split('/')
    .map((part) => (isSecret(part) ? `…${part.length < LONG ? '' : part.slice(-4)}` : part))
    .join('/')
  if (path === url.pathname && url.search === '' && url.username === '' && url.password === '') return text
  return `${url.origin}${path} ${shortHash(text)}`
}

/** What nobody would think up by himself: letters and digits mixed, digits alone, or cases as no name has them. */
function isRandom(part: string): boolean {
  return isShortRandom(part) && !isName(part)
}

/** `alertManager`, `IncomingWebhook`: not long, and of nothing but words that are known. Any others may be a passphrase. */
function isName(part: string): boolean {
  return part.length < LONG && part.split(/(?=[A-Z])/).every((word) => pathWords.has(word.toLowerCase()))
}

const pathWords: ReadonlySet<string> = new Set(
  'alert alertmanager alerts api call channel channels event events hook hooks incident incidents incoming integration integrations manager message messages notification notifications notify on pager service services team teams web webhook webhooks'.split(
    ' ',
  ),
)

function isShortRandom(part: string): boolean {
  if (isLongRandom(part)) return true
  return part.length >= SHORT && (hasBoth(part) || /[a-z].*[A-Z]|[A-Z].*[A-Z].*[a-z]/.test(part) || /^\d+$/.test(part))
}

/** As chat systems and monitors put their secrets into a path: long, and letters and digits mixed. */
function isLongRandom(part: string): boolean {
  return part.length >= LONG && (hasBoth(part) || (/[a-z]/.test(part) && /[A-Z]/.test(part)) || /^\d+$/.test(part))
}

/** What older versions held to be secret; what they wrote down is still looked up. */
export const olderSecrets = [isLongRandom, isShortRandom]

const hasBoth = (part: string) => /\d/.test(part) && /[A-Za-z]/.test(part)

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 6)
}
