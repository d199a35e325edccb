import { fileURLToPath } from 'node:url'

export { faultNames, leakNames, isFaultName, isLeakName, type FaultName, type LeakName } from './fault/fault-names.ts'
export { createControlClient, ControlError, type ControlClient } from './control/client.ts'
export type { ShopStatus } from './control/door.ts'
export type { FaultState } from './fault/switchboard.ts'
export type { WorkerStatus } from './cluster/fleet.ts'
export type { ReadyLine } from './cluster/primary.ts'

/** The file to start: `node mainPath --port 3000`. */
export const mainPath = fileURLToPath(new URL('./main.js', import.meta.url))
