import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findFreePorts, pickPort, PortTakenError } from './ports.ts'

let server: Server
let taken: number
beforeEach(async () => {
  taken = await pickPort()
  server = createServer()
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve))
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

test('picks the next free port when the usual one is taken', async () => {
  const found = await findFreePorts({ shop: { port: taken, isFixed: false } })
  expect(found.shop).toBeGreaterThan(taken)
})

test('does not pick another when one was asked for, and says what to do', async () => {
  const refused = findFreePorts({ shop: { port: taken, isFixed: true } })
  await expect(refused).rejects.toThrow(PortTakenError)
  await expect(refused).rejects.toThrow(`Port ${taken} for the shop is taken. Give another by --shop-port`)
})

test('gives no two parts the same port, and leaves to each the one that was asked for', async () => {
  const wanted = await pickPort()
  const found = await findFreePorts({
    shop: { port: wanted, isFixed: false },
    console: { port: wanted, isFixed: false },
    demo: { port: wanted, isFixed: true },
  })
  expect(found.demo).toBe(wanted)
  expect(new Set(Object.values(found)).size).toBe(3)
})
