import { MINUTE_MS, messageOf, PlimsollError, SECOND_MS, type Clock, type Timer } from '@plimsoll/core'

/** What a fault may touch. The demo never reaches further than this. */
export interface World {
  /** Switches a fault of the shop on for a while; the shop switches it off by itself, whatever becomes of this page. */
  switchOn(fault: string, forMs: number): Promise<void>
  switchOff(fault: string): Promise<void>
  /** Multiplies the arrival of shoppers, and sends crawlers or calls them back. */
  setTraffic(traffic: { factor: number; crawlers: boolean }): void
  /** Ends one of our own processes as `kill -9` does; answers which one. */
  kill(which: 'worker' | 'database'): Promise<string>
}

export interface FaultKind {
  name: string
  title: string
  /** What it does to the shop. */
  does: string
  /** What the console will say: shown before the click, so that it can be held to it. */
  promise: string
  /** Null for a blow that is over at once. */
  lastsMs: number | null
  begin(world: World, lastsMs: number): Promise<string>
  revert(world: World): Promise<void>
}

const calmTraffic = { factor: 1, crawlers: false }

/** The break panel, in the order of the page. */
export const faultKinds: readonly FaultKind[] = [
  {
    name: 'leak',
    title: 'The leak of 10 May',
    does: 'Every page is kept in a plain Map under its full URL, and crawlers ask for many. Nothing ever leaves.',
    promise:
      'One incident: a worker is leaking, with file, line and variable. The database is not guilty. The worker is replaced before a shopper notices, and the owner is paged.',
    lastsMs: 5 * MINUTE_MS,
    async begin(world, lastsMs) {
      await world.switchOn('pages-by-url', lastsMs)
      world.setTraffic({ factor: 2, crawlers: true })
      return 'Pages are being kept from now on.'
    },
    async revert(world) {
      world.setTraffic(calmTraffic)
      await world.switchOff('pages-by-url')
    },
  },
  {
    name: 'slow-database',
    title: 'Slow database',
    does: 'Queries wait in the database itself, as they do behind a bad plan or a busy disk.',
    promise: 'One incident that blames the database. No cache is cleared, no worker is replaced.',
    lastsMs: 2 * MINUTE_MS,
    async begin(world, lastsMs) {
      await world.switchOn('slow-database', lastsMs)
      return 'The database is slow from now on.'
    },
    revert: (world) => world.switchOff('slow-database'),
  },
  {
    name: 'traffic',
    title: 'Traffic ×5',
    does: 'Five times as many shoppers arrive, all of them honest.',
    promise: 'No leak is claimed and nothing is flushed. If it hurts, the console says: load, not leak.',
    lastsMs: 2 * MINUTE_MS,
    async begin(world) {
      world.setTraffic({ factor: 5, crawlers: false })
      return 'Five times the shoppers are on their way.'
    },
    async revert(world) {
      world.setTraffic(calmTraffic)
    },
  },
  {
    name: 'kill-worker',
    title: 'Kill a worker',
    does: 'kill -9 on one of the three web workers.',
    promise: 'The next one serves within seconds. The crash is told; no order is lost or doubled.',
    lastsMs: null,
    begin: (world) => world.kill('worker'),
    async revert() {},
  },
  {
    name: 'kill-database',
    title: 'Kill the database',
    does: 'kill -9 on the server process of the shop’s database.',
    promise: 'The database is blamed, comes back by itself, and every acknowledged order is still there, once.',
    lastsMs: null,
    begin: (world) => world.kill('database'),
    async revert() {},
  },
]

export interface FaultState {
  name: string
  /** Null while it is not on. */
  until: { atMs: number } | null
  /** What came of the latest click. */
  sentence: string | null
}

/** Somebody asked for a fault that does not exist. */
export class UnknownFaultError extends PlimsollError {
  constructor(name: string) {
    super(
      'PLIMSOLL_DEMO_UNKNOWN_FAULT',
      `There is no fault "${name.slice(0, 50)}". There are: ${faultKinds.map((kind) => kind.name).join(', ')}.`,
    )
  }
}

/** Switches faults on and off, one lasting fault at a time, and reverts each by itself. */
export class BreakPanel {
  readonly #world: World
  readonly #clock: Clock
  readonly #onChange: () => void
  readonly #sentences = new Map<string, string>()
  #turn: Promise<unknown> = Promise.resolve()
  #current: { kind: FaultKind; untilMs: number; timer: Timer } | null = null

  constructor(world: World, clock: Clock, onChange: () => void) {
    this.#world = world
    this.#clock = clock
    this.#onChange = onChange
  }

  states(): FaultState[] {
    return faultKinds.map(({ name }) => ({
      name,
      until: this.#current?.kind.name === name ? { atMs: this.#current.untilMs } : null,
      sentence: this.#sentences.get(name) ?? null,
    }))
  }

  /** @throws {@link UnknownFaultError} */
  async begin(name: string): Promise<void> {
    const kind = faultKinds.find((candidate) => candidate.name === name)
    if (!kind) throw new UnknownFaultError(name)
    await this.#inTurn(() => this.#begin(kind))
  }

  /** Ends the lasting fault, if there is one. */
  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop())
  }

  /** Clicks may come from several open pages at once: one begins when the one before has had its effect. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(act)
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #begin(kind: FaultKind): Promise<void> {
    if (kind.lastsMs !== null) await this.#stop()
    try {
      this.#say(kind, await kind.begin(this.#world, kind.lastsMs ?? 0))
    } catch (error) {
      // Half of it may have been done.
      await kind.revert(this.#world).catch(() => {})
      this.#say(kind, `Nothing was broken: ${messageOf(error)}`)
      return
    }
    if (kind.lastsMs !== null) {
      const timer = this.#clock.after(kind.lastsMs, () => void this.stop())
      this.#current = { kind, untilMs: this.#clock.nowMs() + kind.lastsMs, timer }
    }
    this.#onChange()
  }

  async #stop(): Promise<void> {
    const current = this.#current
    if (!current) return
    this.#current = null
    current.timer.cancel()
    try {
      await current.kind.revert(this.#world)
      this.#say(current.kind, 'Over. The shop is as it was.')
    } catch (error) {
      this.#say(
        current.kind,
        `The shop did not answer (${messageOf(error)}); it ends the fault by itself within ${Math.ceil((current.kind.lastsMs ?? 0) / SECOND_MS)} s of its start.`,
      )
    }
  }

  #say(kind: FaultKind, sentence: string): void {
    this.#sentences.set(kind.name, sentence)
    this.#onChange()
  }
}
