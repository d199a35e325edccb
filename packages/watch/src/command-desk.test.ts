import { expect, test } from 'vitest'
import type { Command } from '@plimsoll/core/wire'
import { CommandDesk } from './command-desk.ts'
import type { MainMessage } from './watchdog/messages.ts'

const command = { id: 'c-1', kind: 'clear-cache', cache: 'pages' } as unknown as Command

function createDesk(): { desk: CommandDesk; sent: MainMessage[] } {
  const sent: MainMessage[] = []
  return { desk: new CommandDesk((message) => sent.push(message)), sent }
}

test('a command nobody handles is refused with a reason', async () => {
  const { desk, sent } = createDesk()
  await desk.carryOut({ ...command, kind: 'rotate' } as Command)
  expect(sent).toEqual([
    { kind: 'outcome', id: 'c-1', outcome: { status: 'refused', sentence: expect.stringContaining('never doubled') } },
  ])
})

test('a handler tells its progress and then its outcome', async () => {
  const { desk, sent } = createDesk()
  desk.handle('clear-cache', async (_, progress) => {
    progress('half of it')
    return { status: 'done', sentence: 'all of it' }
  })
  await desk.carryOut(command)
  expect(sent).toEqual([
    { kind: 'progress', id: 'c-1', sentence: 'half of it', replacement: null },
    { kind: 'outcome', id: 'c-1', outcome: { status: 'done', sentence: 'all of it' } },
  ])
})

test('what a handler throws is the outcome, not an unhandled rejection', async () => {
  const { desk, sent } = createDesk()
  desk.handle('clear-cache', () => Promise.reject(new Error('no such cache')))
  await expect(desk.carryOut(command)).resolves.toBeUndefined()
  expect(sent).toEqual([
    { kind: 'outcome', id: 'c-1', outcome: { status: 'failed', sentence: 'It failed: no such cache.' } },
  ])
})

test('a later handler of a kind takes the place of the earlier one', async () => {
  const { desk, sent } = createDesk()
  desk.handle('clear-cache', async () => ({ status: 'failed', sentence: 'the first' }))
  desk.handle('clear-cache', async () => ({ status: 'done', sentence: 'the second' }))
  expect(desk.has('clear-cache')).toBe(true)
  await desk.carryOut(command)
  expect(sent).toMatchObject([{ outcome: { sentence: 'the second' } }])
})
