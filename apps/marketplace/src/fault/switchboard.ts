import type { Clock, Timer } from '@plimsoll/core'
import type { Log } from '../log.ts'
import { faultNames, type FaultName } from './fault-names.ts'

export interface FaultState {
  name: FaultName
  isOn: boolean
  /** When it switches itself off; null while it is off, or on for good. */
  untilMs: number | null
}

export interface SwitchboardOptions {
  clock: Clock
  log: Log
  /** Carries a switch out, wherever the fault lives. */
  apply: (name: FaultName, isOn: boolean) => void | Promise<void>
}

/** Which faults are on, and until when. Lives in the primary. */
export interface FaultSwitchboard {
  list(): FaultState[]
  active(): FaultName[]
  /** Switches on, or gives one that is on another end. `Infinity` for good. */
  switchOn(name: FaultName, forMs: number): Promise<FaultState>
  switchOff(name: FaultName): Promise<FaultState>
  /** Switches all off. */
  stop(): Promise<void>
}

export function createFaultSwitchboard({ clock, log, apply }: SwitchboardOptions): FaultSwitchboard {
  const on = new Map<FaultName, { untilMs: number | null; timer: Timer | null }>()
  const stateOf = (name: FaultName): FaultState => ({
    name,
    isOn: on.has(name),
    untilMs: on.get(name)?.untilMs ?? null,
  })
  return {
    list: () => faultNames.map(stateOf),
    active: () => [...on.keys()],
    async switchOn(name, forMs) {
      const wasOn = on.has(name)
      on.get(name)?.timer?.cancel()
      const isTimed = Number.isFinite(forMs)
      const timer = isTimed ? clock.after(forMs, () => void this.switchOff(name)) : null
      on.set(name, { untilMs: isTimed ? clock.nowMs() + forMs : null, timer })
      log.warn('fault on', { fault: name, forMs: isTimed ? forMs : null })
      if (!wasOn) await apply(name, true)
      return stateOf(name)
    },
    async switchOff(name) {
      if (!on.has(name)) return stateOf(name)
      on.get(name)?.timer?.cancel()
      on.delete(name)
      log.warn('fault off', { fault: name })
      await apply(name, false)
      return stateOf(name)
    },
    async stop() {
      await Promise.all([...on.keys()].map((name) => this.switchOff(name)))
    },
  }
}
