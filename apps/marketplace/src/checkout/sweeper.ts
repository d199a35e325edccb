import { messageOf, SECOND_MS, type Clock } from '@plimsoll/core'
import type { Sql } from '@plimsoll/postgres'
import type { Log } from '../log.ts'
import type { PaymentProvider } from '../payment/provider.ts'
import { paymentKey } from './checkout.ts'
import { cancel, expire, forgetOld } from './statements.ts'

export interface SweeperOptions {
  sql: Sql
  payment: PaymentProvider
  clock: Clock
  log: Log
  /** Default 15 s. */
  periodMs?: number
}

const MAX_ORDERS_A_SWEEP = 200

/**
 * Ends orders whose hold is over: closes them to any payment, voids what the provider may have charged, and only then puts
 * the stock back. Interrupted anywhere, the next sweep goes on. Answers how many orders it ended.
 */
export async function sweep(options: Pick<SweeperOptions, 'sql' | 'payment' | 'log'>): Promise<number> {
  const { sql, payment, log } = options
  let endedCount = 0
  for (const { id, idempotencyKey } of await expire(sql, MAX_ORDERS_A_SWEEP)) {
    try {
      await payment.void(paymentKey(idempotencyKey, id))
      if (await cancel(sql, id, 'undo', { outcome: 'expired', orderId: id })) endedCount++
    } catch (error) {
      log.warn('order not undone yet', { orderId: id, why: messageOf(error) })
    }
  }
  await forgetOld(sql)
  return endedCount
}

/** Sweeps from time to time; never two sweeps at once. Any number of machines may do so. */
export function startSweeper(options: SweeperOptions): { stop(): Promise<void> } {
  const { clock, log, periodMs = 15 * SECOND_MS } = options
  let running: Promise<unknown> | null = null
  const timer = clock.every(periodMs, () => {
    running ??= sweep(options)
      .catch((error) => log.warn('sweep failed', { why: messageOf(error) }))
      .finally(() => (running = null))
  })
  return {
    async stop() {
      timer.cancel()
      await running
    },
  }
}
