import type { ConsoleConfig } from '../config.ts'

/** Shorter ones are words that stand in any text. */
const MIN_LENGTH = 8
/** Passwords as nobody should have them, which stand in any log. */
const commonWords = [
  'postgres',
  'password',
  'passw0rd',
  'changeme',
  'localhost',
  'database',
  'plimsoll',
  'administrator',
]

/**
 * Takes what is secret in a configuration out of a text. Peers say back what they were sent, some of them with its address and
 * its headers, and what they say is kept, shown and exported. To be asked before a text is cut: half a secret is not found, except
 * where the text ends with it.
 */
export function createHider(config: ConsoleConfig, others: readonly string[]): (text: string) => string {
  const { smtp, slack, deadman, webhookSecret, pagerdutyUrl, services, teams, people } = config
  const contacts = [...teams, ...people].flatMap(({ contacts }) => contacts)
  const found = [
    // An Alertmanager's address leads to where anybody may find it; in the others, the address is what lets one in.
    ...contacts.flatMap(({ channel, secret }) => (channel === 'alertmanager' ? partsOf(secret) : allOf(secret))),
    ...services.flatMap(({ databaseUrl }) => partsOf(databaseUrl)),
    ...[smtp?.url, slack?.token, slack?.signingSecret, webhookSecret, pagerdutyUrl].flatMap(partsOf),
    ...allOf(deadman?.url),
    ...others.flatMap(partsOf),
  ]
  // As it stands in JSON, too. The longest first: a part of one may be another.
  const known = [...new Set(found.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))]
    .filter((secret) => secret.length >= MIN_LENGTH || isBetweenMarks(secret))
    .sort((one, other) => other.length - one.length)
  return (text) =>
    hideEnd(
      known.reduce((hidden, secret) => hidden.replaceAll(secret, '…'), text),
      known,
    )
}

/** A peer may have cut what it says. */
function hideEnd(text: string, known: readonly string[]): string {
  for (const secret of known) {
    const at = secret.length > MIN_LENGTH ? text.lastIndexOf(secret.slice(0, MIN_LENGTH)) : -1
    if (at >= 0 && secret.startsWith(text.slice(at))) return `${text.slice(0, at)}…`
  }
  return text
}

type Given = string | null | undefined

/** What is secret in an address to log in at: the password, and the forms in which it is sent. Anything else is secret as it is. */
function partsOf(secret: Given): string[] {
  if (typeof secret !== 'string') return []
  const url = readUrl(secret)
  if (!url) return [secret]
  const [user, password] = [decode(url.username), decode(url.password)]
  const named = url.searchParams.get('password') ?? ''
  const isWord = [user, url.hostname, ...url.pathname.split('/'), ...commonWords].includes(password.toLowerCase())
  return [
    ...(isWord || password === '' ? [] : [password, url.password]),
    ...(commonWords.includes(named.toLowerCase()) ? [] : [named, encodeURIComponent(named)]),
    ...(password === ''
      ? []
      : [
          `:${url.password}@`,
          `:${password}@`,
          ...[`${user}:${password}`, `\0${user}\0${password}`, password].map((text) =>
            Buffer.from(text).toString('base64'),
          ),
        ]),
  ]
}

/** Of an address that is the secret itself the path and what is asked there, too: whoever quotes it may take it apart. */
function allOf(secret: Given): string[] {
  const url = typeof secret === 'string' ? readUrl(secret) : null
  if (!url) return partsOf(secret)
  const { pathname, search, searchParams } = url
  const given = [pathname + search, pathname, ...pathname.split('/').filter(isMixed), search.slice(1)]
  const values = search.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1))
  return [
    ...partsOf(secret),
    ...[...given, ...values].flatMap((part) => [part, decode(part)]),
    ...searchParams.values(),
  ]
}

function readUrl(text: string): URL | null {
  return /^\w+:\/\//.test(text) && URL.canParse(text) ? new URL(text) : null
}

/** A word that nobody would write: digits and letters, or both cases. Stricter than what is shown: a passphrase is none, either. */
function isMixed(part: string): boolean {
  return [/\d/, /[a-z]/, /[A-Z]/].filter((kind) => kind.test(part)).length > 1 || /^\d+$/.test(part)
}

/** `:pass@`, which is told from words by what is around it. */
function isBetweenMarks(secret: string): boolean {
  return /^:.+@$/s.test(secret)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
