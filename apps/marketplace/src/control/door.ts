import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { HOUR_MS, MINUTE_MS, Reader } from '@plimsoll/core'
import { faultNames, isFaultName } from '../fault/fault-names.ts'
import type { FaultSwitchboard } from '../fault/switchboard.ts'
import { readBody } from '../http/read-body.ts'
import type { WorkerStatus } from '../cluster/fleet.ts'

/** Who is who among the processes of the shop, for whoever wants to kill one on purpose. */
export interface ShopStatus {
  url: string
  primaryPid: number
  workers: WorkerStatus[]
  /** Null when the database is not ours. */
  databasePid: number | null
  paymentPid: number | null
  version: string | null
}

export interface ControlDoorOptions {
  token: string
  status: () => ShopStatus
  faults: FaultSwitchboard
}

const MAX_BODY_LENGTH = 1024

/**
 * The door to the faults: loopback only, behind a bearer token, and not there at all in production.
 * `GET /status` · `GET /faults` · `POST /faults/NAME {"forMs": 60000}` · `DELETE /faults/NAME`
 */
export function createControlDoor(options: ControlDoorOptions): Server {
  const { token, status, faults } = options
  const expected = digest(`Bearer ${token}`)
  return createServer((request, response) => {
    void handle(request).then(
      ([code, body]) => answer(response, code, body),
      (error: Error) => answer(response, 400, { error: error.message }),
    )
  })

  async function handle(request: IncomingMessage): Promise<[number, unknown]> {
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
      return [401, { error: 'Send the token: Authorization: Bearer …' }]
    }
    const { method, url = '' } = request
    if (method === 'GET' && url === '/status') return [200, status()]
    if (method === 'GET' && url === '/faults') return [200, { faults: faults.list() }]
    const name = /^\/faults\/([a-z-]+)$/.exec(url)?.[1]
    if (name === undefined) return [404, { error: 'There are /status, /faults and /faults/NAME.' }]
    if (!isFaultName(name)) return [404, { error: `There is no fault "${name}" (known: ${faultNames.join(', ')}).` }]
    if (method === 'POST')
      return [200, await faults.switchOn(name, readForMs(await readBody(request, MAX_BODY_LENGTH)))]
    if (method === 'DELETE') return [200, await faults.switchOff(name)]
    return [405, { error: 'POST switches on, DELETE switches off.' }]
  }
}

/** Half a second to an hour; five minutes when not said. */
function readForMs(text: string): number {
  const reader = new Reader(text === '' ? {} : JSON.parse(text)).object().onlyKeys(['forMs'])
  const forMs = reader.at('forMs').integer({ min: 500, max: HOUR_MS, fallback: 5 * MINUTE_MS })
  reader.finish('Fault')
  return forMs
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body) + '\n'
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), connection: 'close' }
  response.writeHead(status, headers).end(text)
}

/** Equal length for the comparison, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
