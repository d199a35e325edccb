import type { Random } from '@plimsoll/core'

import type { Journey } from './journey.ts'

/** Who comes next: journeys by weight. Weights may change while visitors come. */
export class JourneyMix {
  readonly #journeys: readonly Journey[]
  readonly #weights: Map<string, number>
  readonly #random: Random
  #totalWeight: number

  constructor(journeys: Readonly<Record<string, Journey>>, random: Random) {
    this.#journeys = Object.values(journeys)
    this.#weights = new Map(Object.entries(journeys).map(([name, { weight }]) => [name, weight]))
    this.#random = random
    this.#totalWeight = sumOf(this.#weights)
  }

  /** Nobody can come. */
  get isEmpty(): boolean {
    return this.#totalWeight === 0
  }

  /** A name that is unknown is passed over, and so is what is no weight. */
  setWeights(weights: Readonly<Record<string, number>>): void {
    for (const [name, weight] of Object.entries(weights)) {
      if (this.#weights.has(name) && weight >= 0 && weight < Infinity) this.#weights.set(name, weight)
    }
    this.#totalWeight = sumOf(this.#weights)
  }

  choose(): Journey {
    let left = this.#random.next() * this.#totalWeight
    let index = 0
    for (const weight of this.#weights.values()) {
      if ((left -= weight) < 0) return this.#journeys[index]!
      index++
    }
    return this.#journeys.at(-1)!
  }
}

function sumOf(weights: ReadonlyMap<string, number>): number {
  return [...weights.values()].reduce((sum, weight) => sum + weight, 0)
}
