import type { Account } from './store/accounts.ts'
import type { Buyer } from './store/carts.ts'

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
  /** Opens a session under a new token, merges the guest's cart; answers the visit to go on with: send both cookies. */
  signIn(guest: Visit, account: Account): Promise<Visit>
  /** Ends the session everywhere; answers a new guest's visit: send both cookies. */
  signOut(visit: Visit): Promise<Visit>
  /** After the account changed (it opened a shop). */
  forget(visit: Visit): void
  /** Compares in constant time. */
  isCsrfToken(visit: Visit, token: unknown): boolean
}
