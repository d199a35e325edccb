/** What Node has open in this process, as far as it tells. */
interface ListeningServer {
  listening?: boolean
  address?: () => { port?: number } | string | null
  _connections?: unknown
}

export function listeningPorts(): number[] {
  return servers().flatMap((server) => {
    const address = server.address?.()
    return typeof address === 'object' && typeof address?.port === 'number' ? [address.port] : []
  })
}

/** Connections that clients keep with the servers of this process: how many is the clients' affair. */
export function countClients(): number {
  return servers().reduce((sum, { _connections: count }) => sum + (typeof count === 'number' ? count : 0), 0)
}

function servers(): ListeningServer[] {
  const handles = (process as { _getActiveHandles?: () => unknown[] })._getActiveHandles?.() ?? []
  return (handles as ListeningServer[]).filter(
    ({ listening, address }) => listening === true && typeof address === 'function',
  )
}
