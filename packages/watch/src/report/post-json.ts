import { request as httpRequest } from 'node:http'
import type { Clock } from '@plimsoll/core'

/** For the whole of an answer: one that comes a byte at a time is none. */
const TIMEOUT_MS = 5000
const MAX_ANSWER_LENGTH = 4 * 1024 * 1024

/**
 * Posts JSON and answers what came back, whatever its status; rejects where nothing came within five seconds. Not `fetch`: its first call
 * costs 5 MB, and a millisecond of CPU for each further one on Node 20.
 */
export async function postJson(
  url: URL,
  text: string,
  { clock, headers }: { clock: Clock; headers: Record<string, string> },
): Promise<{ status: number; body: string }> {
  const request = url.protocol === 'https:' ? (await import('node:https')).request : httpRequest
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers },
      },
      (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          body += chunk
          if (body.length > MAX_ANSWER_LENGTH) response.destroy(new Error('its answer is too long'))
        })
        response.on('end', () => {
          limit.cancel()
          resolve({ status: response.statusCode ?? 0, body })
        })
        response.on('error', fail)
      },
    )
    const limit = clock.after(TIMEOUT_MS, () => {
      reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`))
      outgoing.destroy()
    })
    const fail = (error: Error): void => {
      limit.cancel()
      reject(error)
    }
    outgoing.on('error', fail)
    outgoing.end(text)
  })
}
