import type { Account } from './accounts.ts'

/** Sessions end this long after sign-in. */
export const SESSION_MS = 14 * 24 * 3_600_000

export interface SessionStore {
  /** The account that is signed in under this token's hash, or null for a guest. */
  find(tokenHash: Buffer): Promise<Account | null>
  /** Opens a session for the account and merges the guest's cart and orders into it. Answers the cart's piece count. */
  open(tokenHash: Buffer, accountId: number, guestHash: Buffer): Promise<number>
  close(tokenHash: Buffer): Promise<void>
}
