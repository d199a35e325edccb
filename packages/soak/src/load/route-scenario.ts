import { RequestFailedError } from '../traffic/failure.ts'
import type { Scenario, User } from '../traffic/journey.ts'
import { parsePathPattern } from './path-pattern.ts'

/** What the traffic process needs to know to ask plain routes. */
export interface RouteParameters {
  routes: { path: string; weight: number }[]
  /** Where each route's numbers begin: keys that were used before are not used again before their turn. */
  fromNumber: number
  /** Clients that ask one request after another, instead of arrivals: to find out how much the service can do. */
  closedClientCount: number
}

export function routeName(path: string): string {
  return `GET ${path}`
}

/** Journeys of one request each, named after their route. */
export function createScenario(parameters: unknown): Scenario {
  const { routes, fromNumber, closedClientCount } = parameters as RouteParameters
  const visits = routes.map(({ path, weight }) => {
    const pattern = parsePathPattern(path)
    const name = routeName(path)
    let number = fromNumber
    return { name, weight, run: async (user: User) => void (await user.get(pattern.at(number++), { route: name })) }
  })
  if (closedClientCount === 0)
    return { journeys: Object.fromEntries(visits.map(({ name, weight, run }) => [name, { weight, run }])) }
  const runInTurn = async (user: User): Promise<void> => {
    for (;;) {
      for (const { run } of visits) {
        try {
          await run(user)
        } catch (error) {
          if (!(error instanceof RequestFailedError)) throw error
        }
      }
    }
  }
  return { journeys: {}, residents: { client: { count: closedClientCount, run: runInTurn } } }
}
