import type { Sql } from '@plimsoll/postgres'
import { hashPassword, isPassword } from './password.ts'

export interface Account {
  id: number
  email: string
  /** As the person wants to be greeted. */
  name: string
  /** The shop it runs, if any. */
  shopId: number | null
  shopName: string | null
}

export interface AccountStore {
  /** Answers null when the address is taken. The password is 10 to 200 characters; hashed with scrypt. */
  signUp(person: { email: string; name: string; password: string }): Promise<Account | null>
  /** Takes the same time whether the address or the password is wrong. */
  signIn(email: string, password: string): Promise<Account | null>
  find(id: number): Promise<Account | null>
}

/** One address, one account, however it is spelt. */
export function normaliseEmail(email: string): string {
  return email.trim().toLowerCase()
}

export function accountColumns(sql: Sql) {
  return sql`a.id, a.email, a.name, s.id as "shopId", s.name as "shopName"`
}

export function createAccountStore(sql: Sql): AccountStore {
  return {
    async signUp({ email, name, password }) {
      const [account] = await sql<{ id: number; email: string; name: string }[]>`
        insert into accounts (email, name, password_hash)
        values (${normaliseEmail(email)}, ${name.trim()}, ${await hashPassword(password)})
        on conflict (email) do nothing returning id, email, name
      `
      return account ? { ...account, shopId: null, shopName: null } : null
    },

    async signIn(email, password) {
      const [found] = await sql<{ id: number; passwordHash: string }[]>`
        select id, password_hash as "passwordHash" from accounts where email = ${normaliseEmail(email)}
      `
      return (await isPassword(password, found?.passwordHash ?? null)) ? this.find(found!.id) : null
    },

    async find(id) {
      const [account] = await sql<Account[]>`
        select ${accountColumns(sql)} from accounts a left join shops s on s.account_id = a.id where a.id = ${id}
      `
      return account ?? null
    },
  }
}
