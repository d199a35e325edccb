import { InvalidOptionError } from '@plimsoll/core'

/** Where an embedded database is and how to get in. A server elsewhere is named by its URL. */
export interface DatabaseAddress {
  /** Directory of its unix socket. */
  host: string
  /** Part of the socket's name; nothing listens on TCP. */
  port: number
  user: string
  /** A function keeps it out of logs and JSON; `connect` calls it. */
  password: string | (() => string)
  database: string
}

/** A database URL taken apart as far as the client needs it. */
export interface ParsedUrl {
  /** The URL without what the client would misread. */
  href: string
  /** Directory of a unix socket, when the URL names one as libpq does: `?host=/dir` or a host written `%2Fdir`. */
  socketDir: string | null
}

/**
 * Parses `postgres://user:password@host:port/database?sslmode=require`, and the two ways to name a unix socket.
 * @throws {@link InvalidOptionError} for anything else; the message never holds the password
 */
export function parseDatabaseUrl(text: string): ParsedUrl {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new InvalidOptionError('Database URL', [
      { where: '', what: 'must look like postgres://user:password@host:5432/database' },
    ])
  }
  const named = url.searchParams.get('host') ?? decodeURIComponent(url.hostname)
  if (!named.startsWith('/')) return { href: text, socketDir: null }
  url.searchParams.delete('host')
  url.hostname = 'localhost'
  return { href: url.href, socketDir: named }
}

/** The address for people and logs: without password, whatever the caller gave. */
export function showAddress(target: string | DatabaseAddress): string {
  if (typeof target !== 'string') return `${target.user}@${target.host}:${target.port}/${target.database}`
  if (!URL.canParse(target)) return '(an address that is no URL)'
  const url = new URL(target)
  if (url.password !== '') url.password = '***'
  for (const name of [...url.searchParams.keys()]) if (/pass|key/i.test(name)) url.searchParams.set(name, '***')
  return url.href
}

/** An address on a unix socket as a URL for another process: **holds the password**, so it belongs into no log. */
export function socketUrl(address: DatabaseAddress): string {
  const password = typeof address.password === 'function' ? address.password() : address.password
  const login = `${encodeURIComponent(address.user)}:${encodeURIComponent(password)}`
  return `postgres://${login}@localhost:${address.port}/${address.database}?host=${encodeURIComponent(address.host)}`
}
