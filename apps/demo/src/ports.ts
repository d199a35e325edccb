import { createServer } from 'node:net'
import { PlimsollError } from '@plimsoll/core'

/** A port that was asked for by flag is taken. */
export class PortTakenError extends PlimsollError {
  readonly port: number

  constructor(what: string, port: number) {
    super(
      'PLIMSOLL_DEMO_PORT_TAKEN',
      `Port ${port} for the ${what} is taken. Give another by --${what}-port, or leave the flag out and one is picked.`,
    )
    this.port = port
  }
}

/** How many ports after a taken one are tried. */
const TRIES = 20

/**
 * Answers the wanted port when it is free, else the next free one after it.
 * @throws {@link PortTakenError} when it is fixed and taken, or twenty in a row are
 */
export async function findFreePort(what: string, wanted: { port: number; isFixed: boolean }): Promise<number> {
  const candidates = wanted.isFixed ? 1 : TRIES
  for (let port = wanted.port; port < Math.min(wanted.port + candidates, 65_536); port++) {
    if (await isFree(port)) return port
  }
  throw new PortTakenError(what, wanted.port)
}

/** A port that nobody uses now, chosen by the system. */
export async function pickPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
