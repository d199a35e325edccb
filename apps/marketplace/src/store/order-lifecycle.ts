export const orderStates = ['reserved', 'expiring', 'paid', 'shipped', 'cancelled'] as const
export type OrderState = (typeof orderStates)[number]
export type OrderEvent = 'pay' | 'decline' | 'expire' | 'undo' | 'ship'

/**
 * The life of an order. An event without a cell is late, not wrong: it changes nothing.
 *
 *     reserved ── pay ──────► paid ── ship ──► shipped
 *        │  └──── decline ──► cancelled
 *        └─ expire ► expiring ── undo ───► cancelled
 *
 * `expiring` is the fence between the sweeper and a payment that is on its way: from then on nobody can confirm the order,
 * so its charge can be voided in peace, and only after that the stock goes back.
 */
export const orderLifecycle = {
  reserved: { pay: 'paid', decline: 'cancelled', expire: 'expiring' },
  expiring: { undo: 'cancelled' },
  paid: { ship: 'shipped' },
  shipped: {},
  cancelled: {},
} as const satisfies Record<OrderState, Partial<Record<OrderEvent, OrderState>>>

/** States in which the event has a cell, for `state = any(…)`. */
export function statesThatAccept(event: OrderEvent): OrderState[] {
  return orderStates.filter((state) => event in orderLifecycle[state])
}
