import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { startEmbedded } from '@plimsoll/postgres'
import { endLeftovers } from './leftovers.ts'

/** Ends all that runs on a data folder, databases that outlived their owners too. */
export async function endEverything(dataDir: string): Promise<void> {
  await endLeftovers(dataDir)
  await endDatabases(dataDir)
}

/** Adopting one is how it is found and ended. */
export async function endDatabases(dataDir: string): Promise<void> {
  for (const folder of ['shop/db', 'console/db']) {
    const path = join(dataDir, folder)
    if (isLocked(path)) await (await startEmbedded({ dataDir: path })).stop()
  }
}

/** A server that ended in order took its lock along. */
function isLocked(path: string): boolean {
  return existsSync(path) && readdirSync(path).some((name) => existsSync(join(path, name, 'postmaster.pid')))
}
