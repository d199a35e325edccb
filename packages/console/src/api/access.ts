import { DAY_MS, MINUTE_MS, type Clock } from '@plimsoll/core'
import type { Sql } from '@plimsoll/postgres'
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { RefusedError } from '../errors.ts'
import { checkPassword } from './password.ts'
import {
  deleteSession,
  findSession,
  insertSession,
  insertSignInLink,
  readTokens,
  useSignInLink,
  type Role,
  readPeople,
  type SessionRow,
  type TokenRow,
} from '../storage/people.ts'

const SESSION_MS = 7 * DAY_MS
const LINK_MS = 30 * MINUTE_MS
const ACKNOWLEDGE_MS = 7 * DAY_MS
/** Who came by the link the console printed, until he says who he is. */
const UNNAMED = 'on call'
const NOBODYS_PASSWORD = 'scrypt$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

export const sessionCookie = 'plimsoll_session'

/** Who asks. `csrfToken` is null for a bearer token, which no browser sends by itself. */
export interface Visitor {
  name: string
  role: Role
  csrfToken: string | null
  expiresAtMs: number | null
}

/** Who may come in. Tokens are stored hashed; the signing key never leaves this machine. */
export class Access {
  readonly #sql: Sql
  readonly #clock: Clock
  readonly #signingKey: string
  #tokens = new Map<string, TokenRow>()

  constructor(options: { sql: Sql; clock: Clock; signingKey: string }) {
    this.#sql = options.sql
    this.#clock = options.clock
    this.#signingKey = options.signingKey
  }

  async load(): Promise<void> {
    this.#tokens = new Map((await readTokens(this.#sql)).map((row) => [row.tokenHash, row]))
  }

  /** A link that signs in once, within half an hour: as somebody, or as whoever has it. */
  async createSignInToken(
    person: { name: string; role: Role } | null = null,
  ): Promise<{ token: string; expiresAtMs: number }> {
    const token = newToken()
    const expiresAtMs = this.#clock.nowMs() + LINK_MS
    const { name = null, role = 'admin' } = person ?? {}
    await insertSignInLink(this.#sql, { tokenHash: hashToken(token), role, expiresAtMs, name })
    return { token, expiresAtMs }
  }

  /** @throws {@link RefusedError} when the link was used, is too old, or never was */
  async signIn(linkToken: string): Promise<{ token: string; maxAgeMs: number }> {
    const nowMs = this.#clock.nowMs()
    const link = await useSignInLink(this.#sql, hashToken(linkToken), nowMs)
    if (!link) {
      throw new RefusedError(
        403,
        'SIGN_IN_LINK',
        'This sign-in link was used already or is older than 30 minutes. Start the console again for a new one, or ask for one with the token in its admin-token file.',
      )
    }
    return this.#openSession(link.name ?? UNNAMED, link.role)
  }

  /** Null when name and password do not fit. Takes as long for a name that does not exist. */
  async signInByPassword(name: string, password: string): Promise<{ token: string; maxAgeMs: number } | null> {
    const person = (await readPeople(this.#sql)).find((row) => row.name === name)
    const isRight = await checkPassword(password, person?.passwordHash ?? NOBODYS_PASSWORD)
    return person?.passwordHash && isRight ? this.#openSession(person.name, person.role) : null
  }

  async #openSession(name: string, role: Role): Promise<{ token: string; maxAgeMs: number }> {
    const nowMs = this.#clock.nowMs()
    const token = newToken()
    const session: SessionRow = {
      tokenHash: hashToken(token),
      name,
      role,
      expiresAtMs: nowMs + SESSION_MS,
    }
    await insertSession(this.#sql, session, nowMs)
    return { token, maxAgeMs: SESSION_MS }
  }

  /** Gives a session that has none its name; false when it has one. */
  async nameSession(token: string, name: string): Promise<boolean> {
    const rows = await this.#sql`
      update sessions set name = ${name} where token_hash = ${hashToken(token)} and name = ${UNNAMED} returning 1`
    return rows.length > 0
  }

  async signOut(token: string): Promise<void> {
    await deleteSession(this.#sql, hashToken(token))
  }

  /** Whoever the cookie or the bearer token speaks for, or null. */
  async recognise(credentials: {
    cookie: string | undefined
    authorization: string | undefined
  }): Promise<Visitor | null> {
    const token = this.tokenOf(credentials.authorization)
    if (credentials.authorization !== undefined) {
      if (!token || token.scope === 'agent' || token.scope === 'alerts') return null
      return { name: token.name || 'a tool', role: token.scope, csrfToken: null, expiresAtMs: null }
    }
    if (credentials.cookie === undefined) return null
    const session = await findSession(this.#sql, hashToken(credentials.cookie), this.#clock.nowMs())
    if (!session) return null
    const { name, role, tokenHash, expiresAtMs } = session
    return { name, role, csrfToken: this.#sign(`csrf:${tokenHash}`), expiresAtMs }
  }

  /** The token an `Authorization` header shows: as a bearer token, or as the password of any user. */
  tokenOf(authorization: string | undefined): TokenRow | null {
    const shown = bearerOf(authorization)
    return shown === null ? null : (this.#tokens.get(hashToken(shown)) ?? null)
  }

  /** For a link in a mail: whoever has the mail may say "I have it" for this incident, and nothing else. */
  createAcknowledgeToken(incidentId: number, who: string): string {
    const untilMs = this.#clock.nowMs() + ACKNOWLEDGE_MS
    const name = Buffer.from(who).toString('base64url')
    return `${untilMs}.${name}.${this.#sign(`acknowledge:${incidentId}:${untilMs}:${name}`)}`
  }

  /** Whom the link was sent to; null when it is not one of ours, or too old. */
  readAcknowledgeToken(incidentId: number, token: string): string | null {
    const [until = '', name = '', signature = ''] = token.split('.')
    const isOurs = isSame(signature, this.#sign(`acknowledge:${incidentId}:${until}:${name}`))
    return isOurs && Number(until) > this.#clock.nowMs() ? Buffer.from(name, 'base64url').toString() : null
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#signingKey).update(text).digest('base64url')
  }
}

export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

export function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function bearerOf(authorization: string | undefined): string | null {
  const bearer = /^Bearer\s+(\S{1,500})$/i.exec(authorization ?? '')
  if (bearer) return bearer[1]!
  const basic = /^Basic\s+([A-Za-z0-9+/=_-]{1,1000})$/i.exec(authorization ?? '')
  if (!basic) return null
  const [, password] = /^[^:]*:(.*)$/s.exec(Buffer.from(basic[1]!, 'base64').toString()) ?? []
  return password ?? null
}
