import { formatDuration, SECOND_MS } from '@plimsoll/core'

import type { Facts } from '../gate/facts.ts'
import { keysOf, keysStillNew } from '../load/capacity.ts'
import { LONGEST_STEP_MS } from '../subject/hurry.ts'
import type { Lifeline } from '../subject/lifeline.ts'
import { rankByRequests } from '../subject/read-floors.ts'
import type { Subject } from '../subject/subject.ts'
import { Investigation, type Findings } from './investigate.ts'
import type { Outlook } from './judge-holder.ts'

/** A suspicion that turns out to be a filling cache may arise again, but not for ever: each look stops the service for a moment. */
const MAX_INVESTIGATIONS = 4
/** Of what grew, the part that must have a bound before growth is let pass as a filling cache. */
const MIN_BOUNDED_SHARE = 0.5
/** So many times more must buffers have grown than all that grew and has a holder. */
const OUTSIDE_TIMES = 4
/** Of what grew, the part whose bound must be known, to say when it will be reached. */
const MIN_FILLING_SHARE = 0.8

/** Looks for who holds what grows: once when a rise is suspected, and again when it is confirmed. */
export class CulpritSearch {
  readonly #facts: Facts
  readonly #lifeline: Lifeline
  readonly #cwd: string
  #investigation: Investigation | null = null
  /** Index of the last floor before it. */
  #sinceFloor = 0
  #count = 0
  #processCount = 1
  /** What the last look found. */
  found: Findings | null = null

  constructor(facts: Facts, lifeline: Lifeline, cwd: string) {
    this.#facts = facts
    this.#lifeline = lifeline
    this.#cwd = cwd
  }

  get isUnderWay(): boolean {
    return this.#investigation !== null
  }

  /** It rises: remember what the heap holds now. */
  async begin(subject: Subject): Promise<void> {
    if (this.#investigation || this.#count >= MAX_INVESTIGATIONS) return
    const probes = subject.probes().filter(({ hello }) => hello.hasInspector)
    const [probe] = await rankByRequests(probes, this.#lifeline)
    if (!probe) return
    this.#count++
    this.#processCount = subject.probes().length
    this.#sinceFloor = this.#facts.floors.length - 1
    this.#facts.untouchedFloors ??= this.#facts.floors.length
    this.#investigation = new Investigation(probe, subject.probes, subject.folder, this.#cwd)
    await this.#lifeline.orLost(this.#investigation.begin())
  }

  /** It does not rise any more, so who holds it does not matter. */
  drop(): void {
    this.#investigation = null
  }

  /** It still rises: who holds it? Answers whether that settles it. `drive` sends load for a moment; `leftMs` is what time there is. */
  async conclude(drive: () => Promise<void>, leftMs: number): Promise<boolean> {
    const facts = this.#facts
    if (!this.#investigation) {
      facts.leak = { why: 'it rises, and nothing could be asked about who holds it' }
      return true
    }
    const outlook = this.#lookAhead()
    const found = await this.#lifeline.orLost(this.#investigation.conclude(drive, outlook)).catch(failedToLook)
    this.#investigation = null
    if (typeof found === 'string') {
      facts.notes.push(found)
      facts.leak = { why: 'it rises, and who holds it could not be told' }
      return true
    }
    this.found = found
    if (isOutside(facts, this.#sinceFloor, found.netBytes)) {
      facts.leak = { why: 'it rises, and nothing that grew in the heap holds it' }
      return true
    }
    facts.culprits = found.culprits
    if (found.boundedShare < MIN_BOUNDED_SHARE) {
      facts.leak = { why: 'it rises, and what holds it lets nothing go' }
      return true
    }
    // What grows says that it will end. Look on, as long as there is time: full, it is flat.
    facts.explained = found
    return found.fillingShare > MIN_FILLING_SHARE && !canFill(found, leftMs, facts.ratePerSec)
  }

  #lookAhead(): Outlook {
    const { config, floors, heapLimitBytes } = this.#facts
    const { routes } = config
    return {
      keyCount: keysStillNew(routes, floors[this.#sinceFloor]!.requestCount),
      // Visitors make up what they send.
      mostKeys: routes.length > 0 ? keysOf(routes) : Infinity,
      roomBytes: heapLimitBytes === null ? null : heapLimitBytes - floors.at(-1)!.heapBytes / this.#processCount,
    }
  }

  /** It has been seen to let go as time passes, whatever was read of it before. */
  acquit(): void {
    const facts = this.#facts
    facts.leak = null
    if (!this.found) return
    const why = 'lets go as time passes'
    facts.culprits = facts.culprits.map((culprit) => ({ ...culprit, why }))
    const judgements = this.found.judgements.map(({ judgement, ...rest }) => {
      const isTimed = judgement.verdict === 'expires' || judgement.isTimed
      return {
        ...rest,
        judgement: isTimed ? { ...judgement, verdict: 'expires' as const, why } : judgement,
      }
    })
    facts.explained = { ...this.found, judgements }
  }

  /** It was said to let go as time passes, and did not. */
  convict(): void {
    const facts = this.#facts
    facts.explained = null
    const why = `lets nothing go, not even after ${formatDuration(LONGEST_STEP_MS)}`
    facts.culprits = facts.culprits.map((culprit) => ({ ...culprit, why }))
    facts.leak ??= { why: 'it rises, and no passing of time lets go of it' }
  }
}

/** A mistake of our own, in what is read of others' code, must not cost the verdict. What the service or its probe did is told elsewhere. */
function failedToLook(error: unknown): string {
  if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError)
    return `who holds what grows could not be read: ${error.message}`
  throw error
}

/**
 * Whether buffers rise by so much that whoever grew in the heap does not hold them: memory of WebAssembly, or of an add-on. What those
 * who grew say of themselves explains nothing then.
 */
export function isOutside({ heap, external, floors }: Facts, sinceFloor: number, netBytes: number): boolean {
  if (!external.isSuspected || heap.isSuspected) return false
  const grownBytes = floors.at(-1)!.externalBytes - floors[sinceFloor]!.externalBytes
  return grownBytes > OUTSIDE_TIMES * netBytes
}

/** Whether what has a known bound can reach it before the time is up: an entry a request at most. */
function canFill({ judgements }: Findings, leftMs: number, ratePerSec: number): boolean {
  const left = judgements.map(({ judgement: { cap, entryCount } }) => (cap === null ? 0 : cap - (entryCount ?? 0)))
  return Math.max(...left) < 0.5 * (leftMs / SECOND_MS) * ratePerSec
}
