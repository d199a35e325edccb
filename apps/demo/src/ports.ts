import { createServer } from 'node:net'
import { PlimsollError } from '@plimsoll/core'

/** A port that was asked for by flag is taken, or not for this user. */
export class PortTakenError extends PlimsollError {
  readonly port: number

  constructor(what: string, port: number, why = 'is taken') {
    super(
      'PLIMSOLL_DEMO_PORT_TAKEN',
      `Port ${port} for the ${what} ${why}. Give another by --${what}-port, or leave the flag out and one is picked.`,
    )
    this.port = port
  }
}

/** How many ports after a taken one are tried. */
const TRIES = 20

export interface WantedPort {
  port: number
  /** It was asked for, so another one will not do. */
  isFixed: boolean
}

/**
 * Answers a port for each: the wanted one when it is free, else the next free one after it that no other part was given.
 * @throws {@link PortTakenError} when one is fixed and taken, or twenty in a row are
 */
export async function findFreePorts<Name extends string>(
  wanted: Record<Name, WantedPort>,
): Promise<Record<Name, number>> {
  const all = Object.entries<WantedPort>(wanted)
  const given = new Set(all.filter(([, { isFixed }]) => isFixed).map(([, { port }]) => port))
  const found: Record<string, number> = {}
  for (const [name, one] of all) given.add((found[name] = await findFreePort(name, one, given)))
  return found as Record<Name, number>
}

async function findFreePort(what: string, wanted: WantedPort, given: ReadonlySet<number>): Promise<number> {
  const candidates = wanted.isFixed ? 1 : TRIES
  let why: string | undefined
  for (let port = wanted.port; port < Math.min(wanted.port + candidates, 65_536); port++) {
    if (!wanted.isFixed && given.has(port)) continue
    const code = await tryPort(port)
    if (code === null) return port
    if (code === 'EACCES') why = 'is not for an ordinary user'
  }
  throw new PortTakenError(what, wanted.port, why)
}

/** A port that nobody uses now, chosen by the system. */
export async function pickPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** Null when one can listen there, else the system's code for why not. */
function tryPort(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(null)))
  })
}
