import type { IncomingMessage, Server } from 'node:http'
import type { PageSource } from '../cache/page-cache.ts'
import { rememberRequest } from '../leak/array-per-request.ts'
import { listenForSettings } from '../leak/listener-per-request.ts'
import { pageByUrl } from '../leak/pages-by-url.ts'
import type { FaultName } from './fault-names.ts'

/** Where a worker's faults take hold. Nothing of them is on any path while they are off. */
export interface FaultHooks {
  server: Server
  pages: PageSource
}

/** Switches a fault in this worker; unknown ones and those of the primary are nobody's here. Idempotent. */
export function switchFault(hooks: FaultHooks, name: FaultName, isOn: boolean): void {
  if (name === 'pages-by-url') hooks.pages.useHistorical(isOn ? pageByUrl : null)
  if (name === 'array-per-request') toggle(hooks.server, rememberRequest, isOn)
  if (name === 'listener-per-request') toggle(hooks.server, listenForSettings, isOn)
}

function toggle(server: Server, listener: (request: IncomingMessage) => void, isOn: boolean): void {
  server.off('request', listener)
  if (isOn) server.prependListener('request', listener)
}
