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
