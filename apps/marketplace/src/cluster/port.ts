import { createServer } from 'node:net'
import { once } from 'node:events'
import { messageOf, PlimsollError } from '@plimsoll/core'

/** The port cannot be listened on. */
export class PortTakenError extends PlimsollError {
  constructor(host: string, port: number, flag: '--port' | '--control-port', error: unknown) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? 'is taken by another process' : `cannot be used (${code ?? messageOf(error)})`
    super('MARKETPLACE_PORT_TAKEN', `Port ${port} on ${host} ${why}. End that process, or choose another: ${flag} N.`)
  }
}

/** So many ports after the usual one are tried. */
const MAX_TRIES = 20

/**
 * A port that is free now: the one asked for, or, when none was asked for by name, the next free one.
 * @throws {@link PortTakenError} when it is not
 */
export async function choosePort(
  { host, port, isPortGiven }: { host: string; port: number; isPortGiven: boolean },
  say: (line: string) => void,
): Promise<number> {
  for (let candidate = port; ; candidate++) {
    const probe = await tryPort(host, candidate)
    if (typeof probe === 'number') {
      if (candidate !== port && port !== 0) say(`Port ${port} is taken; using ${probe}.`)
      return probe
    }
    const mayGoOn = !isPortGiven && probe.code === 'EADDRINUSE' && candidate < Math.min(port + MAX_TRIES, 65_535)
    if (!mayGoOn) throw new PortTakenError(host, candidate, '--port', probe)
  }
}

/** The port it listened on for a moment, or why not. */
async function tryPort(host: string, port: number): Promise<number | NodeJS.ErrnoException> {
  const server = createServer()
  try {
    await once(server.listen({ host, port, exclusive: true }), 'listening')
    const address = server.address()
    server.close()
    await once(server, 'close')
    return typeof address === 'object' && address !== null ? address.port : port
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}
