import type { IncomingMessage, Server } from 'node:http'
import type { PageSource } from '../cache/page-cache.ts'
import { rememberRequest } from '../leak/array-per-request.ts'
import { keepPicture } from '../leak/buffer-per-image.ts'
import { rememberStep } from '../leak/closure-chain.ts'
import { listenForSettings } from '../leak/listener-per-request.ts'
import { pageByUrl } from '../leak/pages-by-url.ts'
import { enterShop } from '../leak/presence-registry.ts'
import { raceWithShutdown } from '../leak/promise-race.ts'
import { reportSearch } from '../leak/rare-search.ts'
import { keepToken } from '../leak/sliced-tokens.ts'
import { warnWhenQuiet } from '../leak/timer-per-request.ts'
import { prepareCall } from '../leak/tls-context-per-call.ts'
import type { FaultName } from './fault-names.ts'

/** Where a worker's faults take hold. Nothing of them is on any path while they are off. */
export interface FaultHooks {
  server: Server
  pages: PageSource
}

/** Switches a fault in this worker; unknown ones and those of the primary are nobody's here. Idempotent. */
export function switchFault(hooks: FaultHooks, name: FaultName, isOn: boolean): void {
  if (name === 'pages-by-url') hooks.pages.useHistorical(isOn ? pageByUrl : null)
  const leak = leaksByRequest[name]
  if (leak) toggle(hooks.server, leak, isOn)
}

/** Leaks that look at every request, and keep something of it. */
const leaksByRequest: Partial<Record<FaultName, (request: IncomingMessage) => void>> = {
  'array-per-request': rememberRequest,
  'listener-per-request': listenForSettings,
  'closure-chain': rememberStep,
  'sliced-tokens': keepToken,
  'promise-race': raceWithShutdown,
  'timer-per-request': warnWhenQuiet,
  'rare-search': reportSearch,
  'presence-registry': enterShop,
  'buffer-per-image': keepPicture,
  'tls-context-per-call': prepareCall,
}

function toggle(server: Server, listener: (request: IncomingMessage) => void, isOn: boolean): void {
  server.off('request', listener)
  if (isOn) server.prependListener('request', listener)
}
