import { DAY_MS, formatDuration, HOUR_MS, KiB, MINUTE_MS } from '@plimsoll/core'

import type { Facts } from '../gate/facts.ts'
import type { Lifeline } from './lifeline.ts'
import type { FloorReading } from './read-floors.ts'
import type { Subject } from './subject.ts'

/**
 * Sessions and tokens are kept for a week or for thirty days; what is kept for longer than twice this is kept until the process ends. No
 * timer of Node lasts that long (24.8 days), so that what waits for more than that sweeps at intervals, or waits in parts.
 */
export const LONGEST_STEP_MS = 31 * DAY_MS
/** Tried one after another, until what is kept for a time is let go. */
const STEPS_MS = [MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, DAY_MS, LONGEST_STEP_MS]
/** A store that keeps two halves lets go of the older one only; a wait in parts begins its second one. */
const ROUNDS = 2
/** Timers that went off do their work in the turns that follow. */
const AFTER_MS = 100
/** Of what expires, what has to be gone for a step to be long enough. */
const GONE_SHARE = 0.5
/** So many floors tell what is held lately, and fewer than half of them tell nothing. */
const LATELY = 12
/** Floors of a service that keeps nothing differ by so much by themselves: what is less has not been let go of by time. */
const MIN_GONE_BYTES = 128 * KiB

/**
 * Makes time pass faster for a service that keeps things for a time. What it kept an hour long looks like a leak for an hour, and nobody
 * soaks for hours; with the clock moved forward before each floor it is let go, and what is left can be judged as always.
 */
export class Hurry {
  readonly #facts: Facts
  readonly #lifeline: Lifeline
  readonly #wait: (ms: number) => Promise<void>
  readonly #readFloors: () => Promise<Pick<FloorReading, 'floor'>>
  #hasBegun = false
  #hasSearched = false

  /** `readFloors` reads as {@link Facts.floors} were read, since it is those that it is compared with. */
  constructor(
    facts: Facts,
    lifeline: Lifeline,
    wait: (ms: number) => Promise<void>,
    readFloors: () => Promise<Pick<FloorReading, 'floor'>>,
  ) {
    this.#facts = facts
    this.#lifeline = lifeline
    this.#wait = wait
    this.#readFloors = readFloors
  }

  /** The clock has been moved: if the service ends from here on, that may be why. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /**
   * After which time is it let go? Sets {@link Facts.hurried} when one is found, after which growth is judged afresh. `share` is the part
   * of what grew that is said to expire; `drive` sends load for a moment; `longestMs` is the longest step that is tried.
   */
  async find(
    subject: Subject,
    share: number,
    drive: () => Promise<void>,
    longestMs = LONGEST_STEP_MS,
  ): Promise<'let-go' | 'kept' | 'not-tried'> {
    if (this.#hasSearched || !canForward(subject)) return 'not-tried'
    const { floors } = this.#facts
    const last = floors.at(-1)!.heapBytes
    const grownBytes = last - Math.min(...floors.map(({ heapBytes }) => heapBytes))
    if (grownBytes < MIN_GONE_BYTES) return 'not-tried'
    this.#hasSearched = true
    // Who holds it has been looked for since the last floor, which leaves things behind that no time lets go of.
    const held = Math.max(last, (await this.#readFloors()).floor.heapBytes)
    for (const stepMs of STEPS_MS.filter((ms) => ms <= longestMs)) {
      for (let round = 0; round < ROUNDS; round++) {
        await this.#forward(subject, stepMs)
        await drive()
      }
      const { floor } = await this.#readFloors()
      if (held - floor.heapBytes < GONE_SHARE * share * grownBytes) continue
      this.#passAlways(stepMs)
      return 'let-go'
    }
    return 'kept'
  }

  /**
   * Makes time pass once, so that what the service does once, at a time of its own, is done: loading a module, filling a table. Where it
   * went up by steps, growth is judged afresh from there on; where less is held than ever lately, time passes before every floor.
   */
  async skipAhead(subject: Subject, ms: number, drive: () => Promise<void>): Promise<void> {
    if (this.#hasBegun || !canForward(subject)) return
    const { heap, external, notes } = this.#facts
    const lately = heap.points.slice(-LATELY).map(([, bytes]) => bytes)
    if (lately.length < LATELY / 2) return
    const [least, most] = [Math.min(...lately), Math.max(...lately)]
    await this.#forward(subject, ms)
    const passed = (await this.#readFloors()).floor.heapBytes
    // Some let go of what is old when they are asked again.
    await drive()
    const asked = (await this.#readFloors()).floor.heapBytes
    const moved = `its clock was moved forward by ${formatDuration(ms)} once`
    const goneBytes = least - Math.min(passed, asked)
    if (goneBytes > Math.max(MIN_GONE_BYTES, GONE_SHARE * (most - least))) return this.#passAlways(ms)
    // What was filled and emptied by turns goes on so, and all that was seen of it counts.
    if (!heap.climbs && asked <= most + (most - least)) return void notes.push(moved)
    notes.push(`${moved}, and growth is judged from there on`)
    heap.restart()
    external.restart()
  }

  /** What is kept for a time is let go of by so much: before every floor from now on, and growth is judged afresh. */
  #passAlways(stepMs: number): void {
    const { heap, external, floors, backlog } = this.#facts
    this.#facts.hurried = { stepMs, fromFloor: floors.length }
    // What was taken for work under way is let go by time, so that it can be asked for more.
    if (backlog) this.#facts.ratePerSec = Math.round(backlog.answersPerSec)
    this.#facts.backlog = null
    heap.restart()
    external.restart()
  }

  /** Before a floor. */
  async pass(subject: Subject): Promise<void> {
    const { hurried } = this.#facts
    // As often as it took to find the step: what lives for one and a quarter of it is to be gone as well, not a part of it each time.
    for (let round = 0; hurried && round < ROUNDS; round++) await this.#forward(subject, hurried.stepMs)
  }

  async #forward(subject: Subject, ms: number): Promise<void> {
    this.#hasBegun = true
    for (const probe of subject.probes()) {
      // Who supervises those that serve has reasons of its own for its timers.
      const { requestCount } = await this.#lifeline.ask(probe, 'usage', null)
      if (requestCount > 0) await this.#lifeline.ask(probe, 'forward', { ms })
    }
    await this.#wait(AFTER_MS)
  }
}

function canForward(subject: Subject): boolean {
  return subject.probes().every(({ hello }) => hello.hasInspector)
}
