export { createScenario, type ShopVisitors } from './scenario.ts'

/** This module, for `startTrafficProcess({ scenario: scenarioUrl })`. */
export const scenarioUrl = import.meta.url
