// The process that `startTrafficProcess` forks. It lives as long as its traffic and its parent, whichever ends first.
import { constants, setPriority } from 'node:os'

import { messageOf, PlimsollError } from '@plimsoll/core'

import type { CreateScenario } from './journey.ts'
import type { News, Order } from './traffic-protocol.ts'
import { startTraffic, type Traffic } from './traffic.ts'

let running: Promise<Traffic> | null = null

// A parent that dies, even by kill -9, closes the channel.
process.once('disconnect', () => process.exit(1))
// Ctrl-C in a terminal reaches every process of the group: the parent decides what it means, and tells.
process.on('SIGINT', () => {})

// On a machine that generator and service share, a late generator measures itself. Not everybody may ask for this.
try {
  setPriority(constants.priority.PRIORITY_HIGH)
} catch {
  // As it was, then: the report says if it was too late.
}

process.on('message', (order: Order) => {
  if (order.type === 'start') running = start(order)
  running?.then((traffic) => obey(traffic, order)).catch(fail)
})

async function start({ plan, scenario, parameters }: Extract<Order, { type: 'start' }>): Promise<Traffic> {
  const module = (await import(scenario)) as { createScenario?: CreateScenario }
  if (!module.createScenario)
    throw new PlimsollError('PLIMSOLL_TRAFFIC_SCENARIO', `${scenario} exports no createScenario.`)
  return startTraffic({
    ...plan,
    ...(await module.createScenario(parameters)),
    onSecond: (second) => say({ type: 'second', second }),
  })
}

async function obey(traffic: Traffic, order: Order): Promise<void> {
  switch (order.type) {
    case 'start':
      return say({ type: 'report', report: await traffic.done }, () => process.exit(0))
    case 'set-rate':
      return traffic.setRate(order.rate)
    case 'set-phase':
      return traffic.setPhase(order.name)
    case 'set-weights':
      return traffic.setWeights(order.weights)
    case 'pause':
      return say({ type: 'paused', pause: await traffic.pause(order.withinMs) })
    case 'resume':
      return traffic.resume(order.rate)
    case 'stop':
      await traffic.stop()
  }
}

function fail(error: unknown): void {
  say({ type: 'failed', code: error instanceof PlimsollError ? error.code : null, message: messageOf(error) }, () =>
    process.exit(1),
  )
}

function say(news: News, then: () => void = () => {}): void {
  if (process.connected) process.send!(news, then)
}
