import { expect, test } from 'vitest'

import { readAccounts } from './accounts.ts'
import type { Holder } from './holders.ts'

const grown = (keeperId: string | null, netBytes: number) => ({ keeperId, netBytes }) as Holder
const keeper = (objectId: string, bytes: number, budgetBytes = 1000) => ({
  objectId,
  cacheName: 'pages',
  bytes,
  budgetBytes,
})

test('a cache answers for what grew in it, when its own account has grown by as much', () => {
  const holders = [grown('7', 300), grown('7', 100), grown('9', 400), grown(null, 5000)]
  const accounts = readAccounts(holders, [keeper('7', 100), keeper('9', 100)], [keeper('7', 480), keeper('9', 150)])
  expect([...accounts.keys()]).toEqual(['7'])
})

test('a cache that was not there before has grown from nothing', () => {
  expect(readAccounts([grown('7', 400)], [], [keeper('7', 380)]).size).toBe(1)
})

test('a cache that is over its budget bounds nothing', () => {
  expect(readAccounts([grown('7', 400)], [], [keeper('7', 1001)]).size).toBe(0)
})
