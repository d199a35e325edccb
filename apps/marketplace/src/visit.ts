import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createCache } from '@plimsoll/cache'
import { MiB, SECOND_MS, type Clock } from '@plimsoll/core'
import type { Account } from './store/accounts.ts'
import type { Buyer } from './store/carts.ts'
import { SESSION_MS, type SessionStore } from './store/sessions.ts'

/** Who asks: what is known of the visitor behind a request. */
export interface Visit {
  /** Opaque session token, 43 characters of base64url, as in the cookie; only its hash is stored. */
  token: string
  /** The request brought no usable token: the answer must set the cookie. */
  isNew: boolean
  account: Account | null
  /** Derived from the token; expected as field `csrf` in every form that changes something. */
  csrfToken: string
  /** Pieces in the cart, for the header; from a cookie of its own, so that no worker can show an old count. */
  bagCount: number
  buyer: Buyer
}

export interface Visits {
  /** Reads the visitor from the Cookie header. Answers at once, without a promise, when the session is cached or absent. */
  read(cookieHeader: string | undefined): Visit | Promise<Visit>
  /** Set-Cookie for a new visitor's token; send it when `isNew`. */
  sessionCookie(visit: Visit): string
  /** Set-Cookie for the count in the header; send it with every answer that changed the cart. */
  bagCookie(pieceCount: number): string
  /** Opens a session under a new token, merges the guest's cart, ends the session of whoever was signed in already; answers the visit to go on with: send both cookies. */
  signIn(guest: Visit, account: Account): Promise<Visit>
  /** Ends the session everywhere; answers a new guest's visit: send both cookies. */
  signOut(visit: Visit): Promise<Visit>
  /** After the account changed (it opened a shop). Settles when every worker sees it, or nearly always: see `onSessionChange`. */
  forget(visit: Visit): Promise<void>
  /** Compares in constant time. */
  isCsrfToken(visit: Visit, token: unknown): boolean
}

/** What is known of a token, and so of every request that brings it. */
interface Bearer {
  account: Account | null
  csrfToken: string
  sessionHash: Buffer
}

export interface VisitOptions {
  sessions: SessionStore
  clock: Clock
  /** Cookies for HTTPS only, and under a name that no other host of the domain can set. */
  isSecure: boolean
  /** Told that a session is no longer what it was; settles when the other workers have heard it, or should not be waited for. */
  onSessionChange: (tag: string) => Promise<void>
}

export interface VisitSource extends Visits {
  invalidateTag(tag: string): unknown
}

/** A session that ends on another machine is noticed within this time. */
const SESSION_TTL_MS = 15 * SECOND_MS
const MAX_BAG_COUNT = 9999

export function createVisits(options: VisitOptions): VisitSource {
  const { sessions, clock, isSecure, onSessionChange } = options
  const prefix = isSecure ? '__Host-' : ''
  const attributes = `; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
  const maxAge = `; Max-Age=${SESSION_MS / 1000}`
  const bearers = createCache<string, Bearer>({
    name: 'sessions',
    maxBytes: 8 * MiB,
    ttlMs: SESSION_TTL_MS,
    clock,
    load: async (token, { entry }) => {
      const bearer = newBearer(token)
      entry.tags = [tagOf(bearer)]
      return { ...bearer, account: await sessions.find(bearer.sessionHash) }
    },
  })

  return {
    read(cookieHeader) {
      const token = cookieHeader === undefined ? null : readCookie(cookieHeader, `${prefix}shop_session`)
      if (token === null || !isToken(token)) return newVisit()
      const bagCount = readBagCount(cookieHeader!, `${prefix}shop_bag`)
      const known = bearers.get(token)
      return known
        ? visitOf(token, known, bagCount)
        : bearers.fetch(token).then((bearer) => visitOf(token, bearer!, bagCount))
    },
    sessionCookie: (visit) => `${prefix}shop_session=${visit.token}${attributes}${maxAge}`,
    bagCookie: (pieceCount) => `${prefix}shop_bag=${pieceCount}${attributes}${maxAge}`,

    async signIn(guest, account) {
      const visit = newVisit()
      const bagCount = await sessions.open(visit.buyer.sessionHash, account.id, guest.buyer.sessionHash)
      // Whoever was signed in already has no use for the old token; left open, it would be a way in for two weeks.
      if (guest.account !== null) await this.signOut(guest)
      return visitOf(visit.token, { ...newBearer(visit.token), account }, bagCount)
    },
    async signOut(visit) {
      await sessions.close(visit.buyer.sessionHash)
      await this.forget(visit)
      return newVisit()
    },
    forget: (visit) => onSessionChange(tagOf(visit.buyer)),
    isCsrfToken(visit, token) {
      if (typeof token !== 'string') return false
      const [given, expected] = [Buffer.from(token), Buffer.from(visit.csrfToken)]
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
    invalidateTag: (tag) => void bearers.invalidateTag(tag),
  }
}

function newVisit(): Visit {
  const token = randomBytes(32).toString('base64url')
  return { ...visitOf(token, newBearer(token), 0), isNew: true }
}

function newBearer(token: string): Bearer {
  return {
    account: null,
    // Derived from what nobody but the visitor knows, so nothing has to be stored for it; the token cannot be told from it.
    csrfToken: createHmac('sha256', token).update('csrf').digest('base64url'),
    sessionHash: createHash('sha256').update(token).digest(),
  }
}

function visitOf(token: string, { account, csrfToken, sessionHash }: Bearer, bagCount: number): Visit {
  return { token, isNew: false, account, csrfToken, bagCount, buyer: { accountId: account?.id ?? null, sessionHash } }
}

function tagOf({ sessionHash }: { sessionHash: Buffer }): string {
  return `session:${sessionHash.toString('base64url')}`
}

function isToken(text: string): boolean {
  return text.length === 43 && /^[A-Za-z0-9_-]+$/.test(text)
}

/** Value of a cookie of ours: plain characters, never quoted. */
function readCookie(header: string, name: string): string | null {
  for (let at = header.indexOf(name); at >= 0; at = header.indexOf(name, at + 1)) {
    const isWhole = (at === 0 || header[at - 1] === ' ' || header[at - 1] === ';') && header[at + name.length] === '='
    if (!isWhole) continue
    const start = at + name.length + 1
    const end = header.indexOf(';', start)
    return end < 0 ? header.slice(start) : header.slice(start, end)
  }
  return null
}

function readBagCount(header: string, name: string): number {
  const count = Number(readCookie(header, name) ?? 0)
  return Number.isInteger(count) && count > 0 ? Math.min(count, MAX_BAG_COUNT) : 0
}
