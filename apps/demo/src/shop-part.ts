import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createControlClient, type ControlClient } from '@plimsoll/marketplace'
import { startPart, type Part } from './part.ts'

/** What looks after the shop: nothing, or `plimsoll run` that reports to a console. */
export interface Watch {
  consoleUrl: string
  tokenFile: string
  /** Appends every signal as a line of JSON. */
  signalsFile: string | null
}

export interface ShopPartOptions {
  cwd: string
  dataDir: string
  logFile: string
  /** 0 takes a free one. */
  port: number
  watch: Watch | null
  /** What `plimsoll run` may do; `safe` unless told. */
  act?: 'observe' | 'safe'
  /** Heap limit of each worker in MB: small here, so that minutes stand for the hours of production. */
  heapLimitMb: number
  /** What it says on standard error goes to the person at our terminal. */
  isHeard: boolean
  /** More flags of the shop's own. */
  flags: string[]
  version: string
  /** The program, when it is another than the one that was built here. */
  main?: string
  onSpawn?: OnSpawn
}

/** Told of the process as soon as it is there, long before it is ready: whoever must end it has to know it by then. */
type OnSpawn = (part: Part) => void

export interface ShopPart extends Part {
  readonly url: string
  readonly control: ControlClient
}

const builtMain = fileURLToPath(import.meta.resolve('@plimsoll/marketplace/main'))
const plimsoll = fileURLToPath(import.meta.resolve('plimsoll/bin'))

/** Starts the shop and waits until it is open: a cluster of its own, under `plimsoll run` or under nothing. */
export async function startShop(options: ShopPartOptions): Promise<ShopPart> {
  const { watch } = options
  const token = randomBytes(24).toString('base64url')
  const shop = [
    process.execPath,
    options.main ?? builtMain,
    ...['--port', String(options.port), '--control-port', '0', '--data', options.dataDir, '--version', options.version],
    ...options.flags,
  ] as const
  const run = watch
    ? ([
        process.execPath,
        plimsoll,
        'run',
        ...[`--act=${options.act ?? 'safe'}`, '--console', watch.consoleUrl, '--token-file', watch.tokenFile],
        ...(watch.signalsFile ? ['--signals', watch.signalsFile] : []),
        '--',
        ...shop,
      ] as const)
    : shop
  const part = startPart('shop', run, {
    cwd: options.cwd,
    logFile: options.logFile,
    isHeard: options.isHeard,
    env: {
      ...process.env,
      MARKETPLACE_CONTROL_TOKEN: token,
      NODE_OPTIONS: `--max-old-space-size=${options.heapLimitMb}`,
      PLIMSOLL_SERVICE: 'marketplace',
      // For those beside the workers, too: two versions at one start would look like a deploy.
      PLIMSOLL_VERSION: options.version,
    },
  })
  options.onSpawn?.(part)
  const [line] = await part.says(/^\{"event":"ready".*/)
  const { url, controlUrl } = JSON.parse(line) as { url: string; controlUrl: string }
  return { ...part, url, control: createControlClient({ port: Number(new URL(controlUrl).port), token }) }
}

export interface ConsolePart extends Part {
  readonly url: string
  /** Signs somebody in, once. */
  readonly signInUrl: string
  readonly agentTokenFile: string
  readonly adminTokenFile: string
}

/** Starts the console on its own data folder and waits until it answers. */
export async function startConsolePart(options: {
  cwd: string
  dataDir: string
  configFile: string
  logFile: string
  port: number
  onSpawn?: OnSpawn
}): Promise<ConsolePart> {
  const flags = ['--port', String(options.port), '--data', options.dataDir, '--config', options.configFile]
  const part = startPart('console', [process.execPath, plimsoll, 'console', ...flags], {
    cwd: options.cwd,
    logFile: options.logFile,
    env: { ...process.env, PLIMSOLL_DATABASE_URL: '' },
  })
  options.onSpawn?.(part)
  const [signInUrl] = await part.says(/http:\/\/\S+\/sign-in\S*/)
  return {
    ...part,
    url: new URL('/', signInUrl).origin,
    signInUrl,
    agentTokenFile: join(options.dataDir, 'agent-token'),
    adminTokenFile: join(options.dataDir, 'admin-token'),
  }
}
