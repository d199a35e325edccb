import { RequestFailedError } from '../traffic/failure.ts'
import type { Scenario, User } from '../traffic/journey.ts'
import { parseRoute, routeName, type Route } from './route.ts'

/** What the traffic process needs to know to ask plain routes. */
export interface RouteParameters {
  routes: Route[]
  /** Sent with every request. */
  headers: Readonly<Record<string, string>>
  /** Where each route's numbers begin: keys that were used before are not used again before their turn. */
  fromNumber: number
  /** Clients that ask one request after another, instead of arrivals: to find out how much the service can do. */
  closedClientCount: number
}

/** Journeys of one request each, named after their route. */
export function createScenario(parameters: unknown): Scenario {
  const { routes, headers, fromNumber, closedClientCount } = parameters as RouteParameters
  const visits = routes.map((route) => {
    const pattern = parseRoute(route)
    const name = routeName(route)
    let number = fromNumber
    const run = async (user: User): Promise<void> => {
      const asked = pattern.at(number++)
      if (route.method === 'GET') await user.get(asked.path, { route: name, headers })
      else if ('fields' in asked) await user.post(asked.path, asked.fields, { route: name, headers })
      else await user.send(route.method, asked.path, asked.json, { route: name, headers })
    }
    return { name, weight: route.weight, run }
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
