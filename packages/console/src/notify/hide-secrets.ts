import type { ConsoleConfig } from '../config.ts'
import { isRandom } from '../escalation/contact.ts'

/** Shorter ones are words that stand in any text. */
const MIN_LENGTH = 8

/**
 * Takes what is secret in a configuration out of a text. Peers say back what they were sent, some of them with its address and
 * its headers, and what they say is kept, shown and exported.
 */
export function createHider(config: ConsoleConfig, others: readonly string[]): (text: string) => string {
  const { smtp, slack, deadman, webhookSecret, pagerdutyUrl, services, teams, people } = config
  const given = [
    ...[...teams, ...people].flatMap(({ contacts }) => contacts.map(({ secret }) => secret)),
    ...services.map(({ databaseUrl }) => databaseUrl),
    ...[smtp?.url, slack?.token, slack?.signingSecret, deadman?.url, webhookSecret, pagerdutyUrl],
    ...others,
  ]
  const secrets = given.flatMap((secret) => (typeof secret === 'string' ? partsOf(secret) : []))
  // The longest first: a part of one may be another.
  const known = [...new Set(secrets)]
    .filter((secret) => secret.length >= MIN_LENGTH)
    .sort((one, other) => other.length - one.length)
  return (text) => known.reduce((hidden, secret) => hidden.replaceAll(secret, '…'), text)
}

/** Of an address what may be secret, each part by itself, since who quotes it may take it apart. */
function partsOf(secret: string): string[] {
  const url = /^\w+:\/\//.test(secret) && URL.canParse(secret) ? new URL(secret) : null
  if (!url) return [secret]
  const [user, password] = [decode(url.username), decode(url.password)]
  return [
    ...url.pathname.split('/').filter(isRandom),
    url.search.slice(1),
    ...url.searchParams.values(),
    url.password,
    password,
    ...(password === '' ? [] : [Buffer.from(`${user}:${password}`).toString('base64')]),
  ]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
