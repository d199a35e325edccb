import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createDelivery } from '../../../test/deliveries.ts'
import { gatherDigest } from '../digest.ts'
import { createMailChannel, withTimeouts } from './mail.ts'
import { toSlack } from './slack.ts'

let peer: Server
afterEach(() => peer.close())

/** As much of SMTP as a mail needs. */
async function listen(options: { refuse?: string } = {}): Promise<{ url: string; mails: string[] }> {
  const mails: string[] = []
  peer = createServer((socket) => {
    let isData = false
    let mail = ''
    const say = (line: string) => socket.write(`${line}\r\n`)
    say('220 mail.example.org ready')
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      if (isData) {
        mail += chunk
        if (!mail.endsWith('\r\n.\r\n')) return
        isData = false
        mails.push(mail)
        say('250 taken')
        return
      }
      for (const line of chunk.split('\r\n').filter((part) => part !== '')) {
        const verb = line.slice(0, 4).toUpperCase()
        if (verb === 'RCPT' && options.refuse) say(options.refuse)
        else if (verb === 'DATA') {
          isData = true
          say('354 go on')
        } else say(verb === 'QUIT' ? '221 bye' : '250 ok')
      }
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve))
  return { url: `smtp://127.0.0.1:${(peer.address() as AddressInfo).port}`, mails }
}

const from = 'Plimsoll <plimsoll@example.org>'
const never = new AbortController().signal

test('mails of an incident are one thread, and a repeated mail is the same mail', async () => {
  const { url, mails } = await listen()
  const channel = createMailChannel({ url: withTimeouts(url), from })
  await channel.deliver(createDelivery(), never)
  await channel.deliver(createDelivery({ attemptCount: 2 }), never)
  await channel.deliver(createDelivery({ id: 918 }), never)
  const header = (mail: string, name: string) => new RegExp(`^${name}: (.*)`, 'mi').exec(mail)?.[1]?.trim()
  expect(mails.map((mail) => header(mail, 'Message-ID'))).toEqual([
    '<inc-42.out-917@example.org>',
    '<inc-42.out-917@example.org>',
    '<inc-42.out-918@example.org>',
  ])
  for (const mail of mails) {
    expect(header(mail, 'References')).toBe('<inc-42@example.org>')
    expect(header(mail, 'In-Reply-To')).toBe('<inc-42@example.org>')
    expect(header(mail, 'Subject')).toBe('[INC-42] web: a memory leak')
    expect(header(mail, 'Auto-Submitted')).toBe('auto-generated')
    expect(mail).toContain('Content-Type: multipart/alternative')
    expect(mail).not.toContain('<b>pages</b></')
  }
})

test('a digest leads to the list of incidents, and says so', async () => {
  const { url, mails } = await listen()
  const digest = gatherDigest([createDelivery(), createDelivery({ incidentId: 43 })], 'http://127.0.0.1/incidents')
  await createMailChannel({ url: withTimeouts(url), from }).deliver(digest, never)
  const html = mails[0]!.replaceAll('=\r\n', '').replaceAll('=3D', '=')
  expect(html).toContain('<a href="http://127.0.0.1/incidents">Open the list of incidents</a>')
  const [button] = (toSlack(digest, true) as { blocks: { elements: object[] }[] }).blocks[2]!.elements
  expect(button).toMatchObject({ text: { text: 'Open the list of incidents' }, url: 'http://127.0.0.1/incidents' })
})

test.each([
  ['550 no such mailbox', true],
  ['451 try later', false],
])('a server that says "%s" is believed', async (refuse, isFinal) => {
  const { url } = await listen({ refuse })
  const sending = createMailChannel({ url, from }).deliver(createDelivery(), never)
  if (isFinal) await expect(sending).rejects.toMatchObject({ isFinal: true })
  else await expect(sending).rejects.not.toHaveProperty('isFinal')
})

test('a server that hangs is given up when the call is', async () => {
  const server = createServer(() => {})
  peer = server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = withTimeouts(`smtp://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const abort = new AbortController()
  const sending = createMailChannel({ url, from }).deliver(createDelivery(), abort.signal)
  setTimeout(() => abort.abort(new Error('No answer within 10 s.')), 20)
  await expect(sending).rejects.toThrow('No answer within 10 s.')
})
