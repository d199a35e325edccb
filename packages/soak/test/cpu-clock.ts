import { systemClock, type Clock } from '@plimsoll/core'

/** Time that this process has had a CPU: a starved machine takes nothing off the patience of what is tested with it. */
export const cpuClock: Clock = {
  ...systemClock,
  monotonicMs() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
}
