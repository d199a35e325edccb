import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { PortTakenError } from '../errors.ts'

/** How many ports after a taken one are tried. */
const MAX_TRIES = 20

/** Listens and answers the address. A port that was asked for is used or fails; the default one may move on. */
export async function listen(
  server: FastifyInstance,
  { host, port, isPortGiven, log }: { host: string; port: number; isPortGiven: boolean; log: (line: string) => void },
): Promise<string> {
  const lastPort = isPortGiven ? port : port + MAX_TRIES
  for (let tried = port; tried <= lastPort; tried++) {
    try {
      await server.listen({ host, port: tried })
      if (tried !== port) log(`Port ${port} is taken, so the console listens on ${tried}.`)
      const { port: actual } = server.server.address() as AddressInfo
      return `http://${host.includes(':') ? `[${host}]` : host}:${actual}`
    } catch (error) {
      if ((error as { code?: string }).code !== 'EADDRINUSE') throw error
    }
  }
  throw new PortTakenError(port)
}
