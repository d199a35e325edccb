import { createTransport } from 'nodemailer'
import { ManualClock } from '@plimsoll/core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startInbox, type Inbox, type Message } from './inbox.ts'

let inbox: Inbox
let arrived: Message[]
beforeEach(async () => {
  arrived = []
  inbox = await startInbox(new ManualClock(1000), (message) => arrived.push(message))
})
afterEach(() => inbox.stop())

test('keeps every mail, readable as its reader would see it', async () => {
  const transport = createTransport({ host: '127.0.0.1', port: inbox.smtpPort })
  await transport.sendMail({
    from: 'console@example.org',
    to: 'web-team@example.org',
    subject: 'INC-7 web-2 is leaking – 4 min left',
    text: 'Grüße vom Wächter',
  })
  transport.close()
  expect(inbox.messages()).toMatchObject([
    { channel: 'mail', to: 'web-team@example.org', subject: 'INC-7 web-2 is leaking – 4 min left', atMs: 1000 },
  ])
  expect(inbox.messages()[0]!.text.trim()).toBe('Grüße vom Wächter')
  expect(arrived).toHaveLength(1)
})

test('keeps pages, and lets the oldest go at two hundred', async () => {
  for (let count = 1; count <= 203; count++) {
    await fetch(inbox.pageUrl, {
      method: 'POST',
      body: JSON.stringify({ team: 'web team on call', subject: `page ${count}`, text: '' }),
    })
  }
  expect(inbox.messages()).toHaveLength(200)
  expect(inbox.messages()[0]).toMatchObject({ channel: 'page', to: 'web team on call', subject: 'page 203' })
})

test('refuses what is no page, and what is too large, and lives on', async () => {
  expect((await fetch(inbox.pageUrl, { method: 'POST', body: 'hello' })).status).toBe(400)
  expect((await fetch(inbox.pageUrl, { method: 'POST', body: 'x'.repeat(300 * 1024) })).status).toBe(413)
  expect(inbox.messages()).toEqual([])
})
