import { join } from 'node:path'
import { startEmbedded } from '@plimsoll/postgres'

export interface ShopDatabase {
  /** For the console's checks. Holds the password. */
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts the shop's database before the shop, which adopts it, restarts it when it dies and ends it when it ends. It is there
 * under its name from now on, if empty: a console that looks after it would call the people on duty for one that is not.
 */
export async function startShopDatabase(shopDir: string): Promise<ShopDatabase> {
  const embedded = await startEmbedded({ dataDir: join(shopDir, 'db'), isOwner: false })
  try {
    await embedded.createDatabase('shop')
  } catch (error) {
    await embedded.stop()
    throw error
  }
  return { url: embedded.url('shop'), stop: () => embedded.stop() }
}
