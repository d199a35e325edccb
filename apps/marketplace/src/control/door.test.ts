import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ManualClock } from '@plimsoll/core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFaultSwitchboard } from '../fault/switchboard.ts'
import { createLog } from '../log.ts'
import { createControlClient } from './client.ts'
import { createControlDoor, type ShopStatus } from './door.ts'

const token = 'a-token-of-sixteen-or-more'
const status: ShopStatus = {
  url: 'http://127.0.0.1:3000',
  primaryPid: 1,
  workers: [],
  databasePid: 2,
  paymentPid: 3,
  version: 'v1',
}
const applied: string[] = []
let door: Server
let port: number

beforeEach(async () => {
  applied.length = 0
  const log = createLog({ level: 'silent', name: 'test' })
  const faults = createFaultSwitchboard({
    clock: new ManualClock(),
    log,
    apply: (name, isOn) => void applied.push(`${name} ${isOn}`),
  })
  door = createControlDoor({ token, status: () => status, faults }).listen(0, '127.0.0.1')
  await once(door, 'listening')
  port = (door.address() as AddressInfo).port
})
afterEach(() => void door.close())

test('tells who is who, and switches faults on and off', async () => {
  const control = createControlClient({ port, token })
  expect(await control.status()).toEqual(status)
  expect(await control.switchOn('slow-database', 5_000)).toMatchObject({ name: 'slow-database', isOn: true })
  expect((await control.faults()).filter(({ isOn }) => isOn)).toHaveLength(1)
  expect(await control.switchOff('slow-database')).toMatchObject({ isOn: false })
  expect(applied).toEqual(['slow-database true', 'slow-database false'])
})

test('opens to its token alone', async () => {
  for (const authorization of ['', 'Bearer', `Bearer ${token}x`, token]) {
    const answer = await fetch(`http://127.0.0.1:${port}/faults/slow-database`, {
      method: 'POST',
      headers: { authorization },
    })
    expect(answer.status).toBe(401)
  }
  expect(applied).toEqual([])
})

test.each([
  ['GET', '/', '', 404],
  ['POST', '/faults/drip', '', 404],
  ['PUT', '/faults/slow-database', '', 405],
  ['POST', '/faults/slow-database', '{"forMs":"long"}', 400],
  ['POST', '/faults/slow-database', '{"forMs":1000,"hard":true}', 400],
  ['POST', '/faults/slow-database', '{', 400],
  ['POST', '/faults/slow-database', 'x'.repeat(2_000), 400],
])('answers what is wrong: %s %s %s', async (method, path, body, expected) => {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body: body || undefined })
  expect(answer.status).toBe(expected)
  expect(await answer.json()).toMatchObject({ error: expect.any(String) })
  expect(applied).toEqual([])
})

test('a door that is closed is told as such', async () => {
  door.close()
  await once(door, 'close')
  await expect(createControlClient({ port, token }).status()).rejects.toThrow(/does not answer. Is the shop running/)
})
