import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findFreePort, pickPort, PortTakenError } from './ports.ts'

let server: Server
let taken: number
beforeEach(async () => {
  taken = await pickPort()
  server = createServer()
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve))
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

test('picks the next free port when the usual one is taken', async () => {
  const found = await findFreePort('shop', { port: taken, isFixed: false })
  expect(found).toBeGreaterThan(taken)
})

test('does not pick another when one was asked for, and says what to do', async () => {
  const refused = findFreePort('shop', { port: taken, isFixed: true })
  await expect(refused).rejects.toThrow(PortTakenError)
  await expect(refused).rejects.toThrow(`Port ${taken} for the shop is taken. Give another by --shop-port`)
})
