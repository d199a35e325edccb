import { Agent, request } from 'node:http'
import { messageOf } from '@plimsoll/core'
import { PaymentUnsettledError, type Authorisation, type PaymentProvider } from './provider.ts'

export interface HttpProviderOptions {
  /** `http://127.0.0.1:4711` */
  url: string
  /** How long one question may take. Default 3 s. */
  timeoutMs?: number
}

const MAX_ANSWER_BYTES = 4096

/** Speaks to a provider over HTTP: `POST /authorise`, `POST /void`, JSON both ways. */
export function createHttpProvider(options: HttpProviderOptions): PaymentProvider & { close(): void } {
  const { url, timeoutMs = 3000 } = options
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  return {
    async authorise(asked) {
      return readAuthorisation(await post(agent, new URL('/authorise', url), asked, timeoutMs))
    },
    async void(key) {
      await post(agent, new URL('/void', url), { key }, timeoutMs)
    },
    close: () => agent.destroy(),
  }
}

function readAuthorisation(answer: unknown): Authorisation {
  const { status, reference, reason } = (answer ?? {}) as Record<string, unknown>
  if (status === 'authorised' && typeof reference === 'string') return { status, reference }
  if (status === 'declined') return { status, reason: typeof reason === 'string' ? reason : 'declined' }
  throw new PaymentUnsettledError('answered what we do not understand')
}

function post(agent: Agent, url: URL, body: unknown, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, method: 'POST', headers: { 'content-type': 'application/json' } })
    // For the whole exchange: a provider that drips its answer is late as well.
    const timer = setTimeout(() => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    const fail = (error: unknown) => {
      clearTimeout(timer)
      reject(new PaymentUnsettledError(`did not settle (${messageOf(error)})`, { cause: error }))
    }
    asked.on('error', fail)
    asked.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > MAX_ANSWER_BYTES) asked.destroy(new Error('its answer is too long'))
      })
      response.on('error', fail)
      response.on('end', () => {
        clearTimeout(timer)
        if (response.statusCode !== 200) return fail(new Error(`status ${response.statusCode}`))
        try {
          resolve(JSON.parse(text))
        } catch (error) {
          fail(error)
        }
      })
    })
    asked.end(JSON.stringify(body))
  })
}
