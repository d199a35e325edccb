import { PlimsollError } from '@plimsoll/core'
import type { FaultName } from '../fault/fault-names.ts'
import type { FaultState } from '../fault/switchboard.ts'
import type { ShopStatus } from './door.ts'

/** The shop's control door from outside. */
export interface ControlClient {
  status(): Promise<ShopStatus>
  faults(): Promise<FaultState[]>
  /** Reverts by itself after `forMs`, 500 ms to an hour. */
  switchOn(name: FaultName, forMs: number): Promise<FaultState>
  switchOff(name: FaultName): Promise<FaultState>
}

/** The control door said no, or nothing. */
export class ControlError extends PlimsollError {
  constructor(what: string, options?: { cause?: unknown }) {
    super('MARKETPLACE_CONTROL', what, options)
  }
}

/** @param port as given by `--control-port`, or in the shop's ready line */
export function createControlClient({ port, token }: { port: number; token: string }): ControlClient {
  const url = `http://127.0.0.1:${port}`
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    let response: Response
    try {
      response = await fetch(new URL(path, url), {
        method,
        headers: { authorization: `Bearer ${token}` },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(5_000),
      })
    } catch (error) {
      throw new ControlError(`The shop's control door at ${url} does not answer. Is the shop running?`, {
        cause: error,
      })
    }
    const answer = (await response.json()) as T & { error?: string }
    if (!response.ok)
      throw new ControlError(`The shop's control door said ${response.status}: ${answer.error ?? 'nothing'}`)
    return answer
  }
  return {
    status: () => ask('GET', '/status'),
    faults: async () => (await ask<{ faults: FaultState[] }>('GET', '/faults')).faults,
    switchOn: (name, forMs) => ask('POST', `/faults/${name}`, { forMs }),
    switchOff: (name) => ask('DELETE', `/faults/${name}`),
  }
}
