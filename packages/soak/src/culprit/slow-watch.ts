import type { CpuSite, WaitSite } from '../probe/probe-protocol.ts'
import type { Probe } from '../subject/probe-desk.ts'
import { readUsage } from '../subject/read-usage.ts'
import type { Subject } from '../subject/subject.ts'
import type { Watched } from './slow-code.ts'
import type { Sources } from './sources.ts'

/** What a service does while it is watched, gathered over as many moments as one likes. */
export class SlowWatch implements Watched {
  readonly cpu: CpuSite[] = []
  readonly waits: WaitSite[] = []
  cpuRequestCount = 0
  waitRequestCount = 0
  #busyMs = 0
  #idleMs = 0
  readonly sources: Sources
  readonly #subject: Subject
  readonly #probes: readonly Probe[]

  constructor(subject: Subject, sources: Sources) {
    this.#subject = subject
    this.#probes = subject.probes()
    this.sources = sources
  }

  get busyShare(): number {
    return this.#busyMs / Math.max(1, this.#busyMs + this.#idleMs)
  }

  /** First where it computes, then where it waits, since watching waits costs time. `drive` sends load for a moment, each time. */
  async watch(drive: () => Promise<{ requestCount: number }>): Promise<void> {
    const before = await readUsage(this.#subject)
    const refusals: (string | null)[] = []
    for (const probe of this.#probes) refusals.push(await probe.call('startCpuProfile', null))
    this.cpuRequestCount += (await drive()).requestCount
    const after = await readUsage(this.#subject)
    this.#busyMs += after.busyMs - before.busyMs
    this.#idleMs += after.idleMs - before.idleMs
    for (const [index, probe] of this.#probes.entries())
      if (refusals[index] === null) this.cpu.push(...(await probe.call('stopCpuProfile', null)))
    for (const probe of this.#probes) await probe.call('startWaits', null)
    this.waitRequestCount += (await drive()).requestCount
    for (const probe of this.#probes) this.waits.push(...(await probe.call('stopWaits', null)))
  }
}
