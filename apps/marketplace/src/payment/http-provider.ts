import { Agent, request } from 'node:http'
import { messageOf, systemClock, type Clock } from '@plimsoll/core'
import { PaymentUnsettledError, type Authorisation, type PaymentProvider } from './provider.ts'

export interface HttpProviderOptions {
  /** `http://127.0.0.1:4711` */
  url: string
  /** How long one question may take. Default 3 s. */
  timeoutMs?: number
  /** Measures that time. */
  clock?: Clock
}

const MAX_ANSWER_BYTES = 4096
/** Servers close idle connections, Node's after 5 s: one that is kept longer is closed just when the next question goes out. */
const IDLE_MS = 2_000

/** Speaks to a provider over HTTP: `POST /authorise`, `POST /void`, JSON both ways. */
export function createHttpProvider(options: HttpProviderOptions): PaymentProvider & { close(): void } {
  const { url, timeoutMs = 3000, clock = systemClock } = options
  const agent = new Agent({ keepAlive: true, maxSockets: 32, timeout: IDLE_MS })
  return {
    async authorise(asked) {
      return readAuthorisation(await post('/authorise', asked))
    },
    async void(key) {
      await post('/void', { key })
    },
    close: () => agent.destroy(),
  }

  function post(path: string, body: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const asked = request(new URL(path, url), {
        agent,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      })
      // For the whole exchange: a provider that drips its answer is late as well.
      const timer = clock.after(timeoutMs, () => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)))
      const fail = (error: unknown) => {
        timer.cancel()
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
          timer.cancel()
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
}

function readAuthorisation(answer: unknown): Authorisation {
  const { status, reference, reason } = (answer ?? {}) as Record<string, unknown>
  if (status === 'authorised' && typeof reference === 'string') return { status, reference }
  if (status === 'declined') return { status, reason: typeof reason === 'string' ? reason : 'declined' }
  throw new PaymentUnsettledError('answered what we do not understand')
}
