import { systemClock, systemRandom, type Fault } from '@plimsoll/core'
import { openBooks } from './books.ts'
import { parseMischief } from './mischief.ts'
import { createTestProvider } from './test-provider.ts'

// The test provider as a process of its own, started by the shop's primary and ended with it. Settings by environment:
// PAYMENT_PORT (0 for any), PAYMENT_BOOKS (a file), PAYMENT_MISCHIEF.
const faults: Fault[] = []
const mischief = parseMischief(process.env['PAYMENT_MISCHIEF'] ?? '', 'PAYMENT_MISCHIEF', faults)
if (faults.length > 0) throw new Error(faults.map(({ what }) => what).join('; '))
const books = openBooks(process.env['PAYMENT_BOOKS'] ?? null)
const server = createTestProvider({ books, mischief, random: systemRandom, clock: systemClock })

server.listen(Number(process.env['PAYMENT_PORT'] ?? 0), '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') process.send?.({ kind: 'listening', port: address?.port })
})
server.on('error', (error) => {
  console.error(error.message)
  process.exit(1)
})
// Whoever started it is gone, or asks it to go: what is booked is written already.
for (const event of ['disconnect', 'SIGTERM', 'SIGINT'] as const) process.on(event, () => process.exit(0))
