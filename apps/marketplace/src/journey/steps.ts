import type { Random } from '@plimsoll/core'

/** What a shopper may do next. */
export type Step = 'home' | 'category' | 'search' | 'product' | 'add' | 'cart' | 'checkout'

/** Where shoppers come in, and where they go from each step, in percent; `leave` ends the session. */
type Odds = readonly (readonly [Step | 'leave', number])[]

/** Links from elsewhere lead to the front page, to a thing, to a department or to a search. */
export const arrival: Odds = [
  ['home', 50],
  ['product', 22],
  ['category', 17],
  ['search', 11],
]

/**
 * A Markov chain. Its odds were solved for the mix of steps a marketplace sees (home 10, category 20, search 20, product 35,
 * add 8, cart 4, checkout 2) at eleven steps a session; a test holds them to it.
 */
export const transitions: Readonly<Record<Step, Odds>> = {
  home: [
    ['category', 38],
    ['search', 32],
    ['product', 25],
    ['leave', 5],
  ],
  category: [
    ['product', 55],
    ['category', 20],
    ['search', 18],
    ['home', 6],
    ['leave', 1],
  ],
  search: [
    ['product', 54],
    ['search', 20],
    ['category', 10],
    ['home', 7],
    ['leave', 9],
  ],
  product: [
    ['add', 23],
    ['category', 20],
    ['product', 17],
    ['search', 17],
    ['leave', 11],
    ['home', 7],
    ['cart', 5],
  ],
  add: [
    ['cart', 30],
    ['product', 25],
    ['category', 20],
    ['search', 20],
    ['checkout', 5],
  ],
  cart: [
    ['checkout', 40],
    ['leave', 25],
    ['product', 20],
    ['search', 15],
  ],
  checkout: [
    ['leave', 75],
    ['home', 25],
  ],
}

export function drawStep(random: Random, odds: Odds): Step | 'leave' {
  let left = random.next() * 100
  for (const [step, percent] of odds) {
    left -= percent
    if (left < 0) return step
  }
  return odds.at(-1)![0]
}
