import type { IncomingMessage } from 'node:http'

/** The body as text, for the small servers beside the shop's own. @throws when it is longer than `maxLength` characters */
export async function readBody(request: IncomingMessage, maxLength: number): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > maxLength) throw new Error(`The body is longer than ${maxLength} characters.`)
  }
  return text
}
