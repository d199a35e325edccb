import { resolve } from 'node:path'
import { describeSupervisor, supervisorVariable } from './lifeline.ts'

/** What `plimsoll run` was asked for, as far as the watched process has to know; what is left out stays as the environment has it. */
export interface WatchSettings {
  act?: 'observe' | 'ask' | 'safe'
  consoleUrl?: string
  /** File that holds the agent token. The token itself never stands in an argument: everybody on the host can read those. */
  tokenFile?: string
  signalsFile?: string
  name?: string
  /** See `ResolvedWatchOptions`. */
  replace?: 'exit' | 'never'
  readyPath?: string
  readyNoticeSeconds?: number
  /** A folder, or `none`. */
  evidenceFolder?: string
  /** Forks the script this many times. 0: runs it as it is. */
  workerCount?: number
}

/**
 * The environment of the watched command: the one given, the watch preloaded through `NODE_OPTIONS` (so that `npm start` and
 * `tsx` work as well as `node`), and the settings. Paths become absolute, since the command may change its directory.
 */
export function watchedEnvironment(
  given: NodeJS.ProcessEnv,
  settings: WatchSettings,
  registerUrl: string,
  cwd: string,
  pid: number,
): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    ...given,
    // A file URL holds neither blanks nor quotes, so it needs none in NODE_OPTIONS.
    NODE_OPTIONS: [given['NODE_OPTIONS'], `--import=${registerUrl}`].filter(Boolean).join(' '),
    [supervisorVariable]: describeSupervisor(pid),
  }
  const {
    act,
    consoleUrl,
    tokenFile,
    signalsFile,
    name,
    workerCount,
    replace,
    readyPath,
    readyNoticeSeconds,
    evidenceFolder,
  } = settings
  if (act !== undefined) environment['PLIMSOLL_ACT'] = act
  if (consoleUrl !== undefined) environment['PLIMSOLL_CONSOLE'] = consoleUrl
  if (tokenFile !== undefined) environment['PLIMSOLL_TOKEN_FILE'] = resolve(cwd, tokenFile)
  if (signalsFile !== undefined) environment['PLIMSOLL_SIGNALS'] = resolve(cwd, signalsFile)
  if (name !== undefined) environment['PLIMSOLL_NAME'] = name
  if (replace !== undefined) environment['PLIMSOLL_REPLACE'] = replace
  if (readyPath !== undefined) environment['PLIMSOLL_READY_PATH'] = readyPath
  if (readyNoticeSeconds !== undefined) environment['PLIMSOLL_READY_NOTICE'] = String(readyNoticeSeconds)
  if (evidenceFolder !== undefined) {
    environment['PLIMSOLL_EVIDENCE'] = evidenceFolder === 'none' ? 'none' : resolve(cwd, evidenceFolder)
  }
  if (workerCount) environment['PLIMSOLL_WORKERS'] = String(workerCount)
  return environment
}
