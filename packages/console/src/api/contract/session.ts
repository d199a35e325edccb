/** GET session: 401 with {@link ApiError} when nobody is signed in. */
export interface Session {
  name: string
  role: 'viewer' | 'responder' | 'admin'
  csrfToken: string
  expiresAtMs: number
  /** Pages of others that somebody configured to be linked here. */
  links: { label: string; url: string }[]
  consoleVersion: string
}

/** POST sign-in-links → a fresh one-time link. */
export interface SignInLink {
  url: string
  expiresAtMs: number
}
