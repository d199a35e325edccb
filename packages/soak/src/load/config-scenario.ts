import type { SoakConfig } from '../options.ts'
import type { Journey, Scenario } from '../traffic/journey.ts'
import { loadConfig } from './load-config.ts'
import { createScenario as createRoutes, type RouteParameters } from './route-scenario.ts'

export interface ConfigParameters extends RouteParameters {
  configFile: string
}

/** Visitors of a configuration file, beside its plain routes. Loaded here, in the traffic process: functions cannot travel. */
export async function createScenario(parameters: unknown): Promise<Scenario> {
  const { configFile, ...plainParameters } = parameters as ConfigParameters
  const { journeys = {} } = (await loadConfig(configFile)) as SoakConfig
  const plain = plainParameters.routes.length > 0 ? createRoutes(plainParameters).journeys : {}
  const all: Record<string, Journey> = { ...plain, ...journeys }
  return { journeys: all }
}
