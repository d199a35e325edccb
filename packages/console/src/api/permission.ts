import { isSame, sessionCookie, type Access, type Visitor } from './access.ts'
import { RefusedError } from '../errors.ts'
import type { TokenRow } from '../storage/people.ts'

/**
 * Who may use a route. Every route names one; a route that names none does not start.
 *
 *     anyone   without a word of who he is: pages, sign-in, signed links, health
 *     look     viewer, responder, admin
 *     act      responder, admin
 *     rule     admin
 *     report   an agent's token
 *     alert    a token for alerts, responder, admin
 *     scrape   any token or session
 */
export const permissions = ['anyone', 'look', 'act', 'rule', 'report', 'alert', 'scrape'] as const
export type Permission = (typeof permissions)[number]

declare module 'fastify' {
  interface FastifyContextConfig {
    who?: Permission
    /** Data of machines, of which the audit log would be full. */
    isUnaudited?: boolean
  }
  interface FastifyRequest {
    visitor: Visitor | null
    agent: AgentToken | null
  }
}

/** What an agent shows. */
export type AgentToken = Pick<TokenRow, 'id' | 'service'>

interface Asker {
  method: string
  headers: Record<string, string | string[] | undefined>
  cookies: Record<string, string | undefined>
}

const rank = { viewer: 1, responder: 2, admin: 3 } as const
const needed = { look: 1, scrape: 1, act: 2, alert: 2, rule: 3 } as const

export const csrfHeader = 'x-plimsoll-csrf'

/** Answers who asks, or refuses. @throws {@link RefusedError} */
export async function admit(
  access: Access,
  who: Permission,
  asker: Asker,
): Promise<{ visitor: Visitor | null; agent: AgentToken | null }> {
  if (who === 'anyone') return { visitor: null, agent: null }
  const authorization = asker.headers['authorization'] as string | undefined
  const token = access.tokenOf(authorization)
  if (who === 'report') {
    if (token?.scope === 'agent') return { visitor: null, agent: token }
    throw new RefusedError(
      401,
      'AGENT_TOKEN',
      "The agent token is missing or wrong. Give the agent the content of the agent-token file in the console's data folder (PLIMSOLL_TOKEN_FILE, or --token-file).",
    )
  }
  const isMachine = token?.scope === 'alerts' || token?.scope === 'agent'
  if (isMachine && (who === 'scrape' || (who === 'alert' && token.scope === 'alerts'))) {
    const visitor: Visitor = { name: token.name || 'alerts', role: 'viewer', csrfToken: null, expiresAtMs: null }
    return { visitor, agent: token.scope === 'agent' ? token : null }
  }
  const visitor = await access.recognise({ cookie: asker.cookies[sessionCookie], authorization })
  if (!visitor) throw notSignedIn(isMachine, who)
  if (rank[visitor.role] < needed[who]) {
    throw new RefusedError(
      403,
      'ROLE',
      `A ${visitor.role} may not do this; it takes ${who === 'rule' ? 'an admin' : 'a responder'}.`,
    )
  }
  const isChange = asker.method !== 'GET' && asker.method !== 'HEAD'
  if (isChange && visitor.csrfToken !== null) checkCsrf(visitor.csrfToken, asker.headers[csrfHeader])
  return { visitor, agent: null }
}

function checkCsrf(expected: string, given: string | string[] | undefined): void {
  if (typeof given === 'string' && isSame(given, expected)) return
  throw new RefusedError(
    403,
    'CSRF',
    'The request lacks the token of this session (x-plimsoll-csrf). Reload the page and try again.',
  )
}

function notSignedIn(isMachine: boolean, who: Permission): RefusedError {
  const files = who === 'alert' || who === 'scrape' ? 'alert-token file, or its admin-token file' : 'admin-token file'
  return isMachine
    ? new RefusedError(403, 'ROLE', 'This token is good for reporting only. Use the content of the admin-token file.')
    : new RefusedError(
        401,
        'SIGN_IN',
        `Nobody is signed in. Open the sign-in link the console printed when it started, or send "Authorization: Bearer" (or any user with the password) with the content of its ${files}.`,
      )
}
