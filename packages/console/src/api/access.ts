import { DAY_MS, MINUTE_MS, type Clock } from '@plimsoll/core'
import type { Sql } from '@plimsoll/postgres'
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { RefusedError } from '../errors.ts'
import {
  deleteSession,
  findSession,
  insertSession,
  insertSignInLink,
  readTokens,
  useSignInLink,
  type Role,
  type SessionRow,
  type TokenScope,
} from '../storage/people.ts'

const SESSION_MS = 7 * DAY_MS
const LINK_MS = 30 * MINUTE_MS
const ACKNOWLEDGE_MS = 7 * DAY_MS

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
  #tokens = new Map<string, TokenScope>()

  constructor(options: { sql: Sql; clock: Clock; signingKey: string }) {
    this.#sql = options.sql
    this.#clock = options.clock
    this.#signingKey = options.signingKey
  }

  async load(): Promise<void> {
    this.#tokens = await readTokens(this.#sql)
  }

  /** A link that signs in once, within half an hour. */
  async createSignInToken(): Promise<{ token: string; expiresAtMs: number }> {
    const token = newToken()
    const expiresAtMs = this.#clock.nowMs() + LINK_MS
    await insertSignInLink(this.#sql, { tokenHash: hashToken(token), role: 'admin', expiresAtMs })
    return { token, expiresAtMs }
  }

  /** @throws {@link RefusedError} when the link was used, is too old, or never was */
  async signIn(linkToken: string): Promise<{ token: string; maxAgeMs: number }> {
    const nowMs = this.#clock.nowMs()
    const role = await useSignInLink(this.#sql, hashToken(linkToken), nowMs)
    if (!role) {
      throw new RefusedError(
        403,
        'SIGN_IN_LINK',
        'This sign-in link was used already or is older than 30 minutes. Start the console again for a new one, or ask for one with the token in its viewer-token file.',
      )
    }
    const token = newToken()
    const session: SessionRow = {
      tokenHash: hashToken(token),
      name: 'on call',
      role,
      expiresAtMs: nowMs + SESSION_MS,
    }
    await insertSession(this.#sql, session, nowMs)
    return { token, maxAgeMs: SESSION_MS }
  }

  async signOut(token: string): Promise<void> {
    await deleteSession(this.#sql, hashToken(token))
  }

  /** Whoever the cookie or the bearer token speaks for, or null. */
  async recognise(credentials: {
    cookie: string | undefined
    authorization: string | undefined
  }): Promise<Visitor | null> {
    const bearer = bearerOf(credentials.authorization)
    if (bearer !== null) {
      return this.#tokens.get(hashToken(bearer)) === 'responder'
        ? { name: 'a tool', role: 'responder', csrfToken: null, expiresAtMs: null }
        : null
    }
    if (credentials.cookie === undefined) return null
    const session = await findSession(this.#sql, hashToken(credentials.cookie), this.#clock.nowMs())
    if (!session) return null
    const { name, role, tokenHash, expiresAtMs } = session
    return { name, role, csrfToken: this.#sign(`csrf:${tokenHash}`), expiresAtMs }
  }

  isAgent(authorization: string | undefined): boolean {
    const bearer = bearerOf(authorization)
    return bearer !== null && this.#tokens.get(hashToken(bearer)) === 'agent'
  }

  /** For a link in a mail: whoever has the mail may say "I have it" for this incident, and nothing else. */
  createAcknowledgeToken(incidentId: number): string {
    const untilMs = this.#clock.nowMs() + ACKNOWLEDGE_MS
    return `${untilMs}.${this.#sign(`acknowledge:${incidentId}:${untilMs}`)}`
  }

  checkAcknowledgeToken(incidentId: number, token: string): boolean {
    const [until = '', signature = ''] = token.split('.')
    return Number(until) > this.#clock.nowMs() && isSame(signature, this.#sign(`acknowledge:${incidentId}:${until}`))
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
  const match = /^Bearer\s+(\S{1,500})$/i.exec(authorization ?? '')
  return match ? match[1]! : null
}
