import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startEmbedded } from '@plimsoll/postgres'
import { endLeftovers } from './leftovers.ts'

/** Ends all that runs on a data folder, databases that outlived their owners too. Adopting one is how it is found and ended. */
export async function endEverything(dataDir: string): Promise<void> {
  await endLeftovers(dataDir)
  for (const folder of ['shop/db', 'console/db']) {
    const path = join(dataDir, folder)
    if (existsSync(path)) await (await startEmbedded({ dataDir: path })).stop()
  }
}
