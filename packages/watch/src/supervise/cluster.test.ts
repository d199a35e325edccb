import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { ManualClock } from '@plimsoll/core/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { WatchContext } from '../context.ts'
import { attachWorker } from './cluster.ts'
import { onPrimaryMessage, sendToPrimary, type PrimaryMessage } from './private-channel.ts'

vi.mock(import('./private-channel.ts'), async (importOriginal) => ({
  ...(await importOriginal()),
  onPrimaryMessage: vi.fn(),
  sendToPrimary: vi.fn(),
}))

const ignore = (): void => {}
const exit = vi.spyOn(process, 'exit')
const kill = vi.spyOn(process, 'kill')

beforeEach(() => {
  exit.mockReset().mockImplementation(ignore as never)
  kill.mockReset().mockReturnValue(true)
  process.on('SIGTERM', ignore)
})
afterEach(() => void process.off('SIGTERM', ignore))

/** No tick comes, as when one collection of garbage takes all the time. */
class StillClock extends ManualClock {
  override every() {
    return { cancel() {} }
  }
}

/** A worker with one stream that never ends, and what its primary says to it. */
async function attachTo(clock: ManualClock, autopsy: () => string | null) {
  const server = createServer((_request, response) => void response.write('begins'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nhost: service\r\n\r\n')
  await once(client, 'data')
  let say: (message: PrimaryMessage) => void = ignore
  vi.mocked(onPrimaryMessage).mockImplementation((listener) => (say = listener))
  const left = new Promise<void>((resolve) => {
    vi.mocked(sendToPrimary).mockImplementation(({ kind }, onSent) => {
      if (kind === 'drained') setImmediate(() => say({ kind: 'leave' }))
      if (kind !== 'left') return
      onSent?.()
      resolve()
    })
  })
  const context = {
    clock,
    identity: { instance: 'web#1', name: 'web' },
    guard: (_where: string, act: unknown) => act,
    tellAction: ignore,
  } as unknown as WatchContext
  attachWorker(context, () => [server], autopsy)
  return { say, left }
}

test('a drain that stood still and took all of its time twice still ends in order: leave, SIGTERM, a second to close', async () => {
  const clock = new StillClock()
  const { say, left } = await attachTo(clock, () => null)
  say({ kind: 'drain', graceMs: 1000, limitMs: 3000, wantsAutopsy: false })
  clock.advance(3000)
  clock.advance(3000)
  await left
  expect(kill).toHaveBeenCalledWith(process.pid, 'SIGTERM')
  clock.advance(999)
  expect(exit).not.toHaveBeenCalled()
  clock.advance(1)
  expect(exit).toHaveBeenCalledWith(0)
})

test('an autopsy takes nothing from the second to close', async () => {
  const clock = new ManualClock()
  const { say, left } = await attachTo(clock, () => {
    clock.advance(500)
    return null
  })
  say({ kind: 'drain', graceMs: 1000, limitMs: 3000, wantsAutopsy: true })
  clock.advance(3000)
  await left
  clock.advance(999)
  expect(exit).not.toHaveBeenCalled()
  clock.advance(1)
  expect(exit).toHaveBeenCalledTimes(1)
})
