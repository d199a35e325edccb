import { messageOf } from '@plimsoll/core'
import type { FastifyRequest } from 'fastify'
import { RefusedError } from '../errors.ts'

/** JSON, whatever its type is called: a curl without one means it, too. @throws {@link RefusedError} */
export function readBody({ headers }: FastifyRequest, text: string): unknown {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity')
    throw new RefusedError(415, 'ENCODING', `A body is taken as it is, and this one is ${encoding}. Send it plain.`)
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new RefusedError(400, 'JSON', `The body is no JSON: ${messageOf(error)}`)
  }
}
