import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where a console keeps its things unless told otherwise, wherever it is started from: the user's own folder for data. */
export function defaultDataFolder(environment: NodeJS.ProcessEnv): string {
  return join(environment['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'plimsoll')
}
