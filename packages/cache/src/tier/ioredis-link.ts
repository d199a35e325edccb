import { retryDelayMs, runScript, type OpenLink } from './redis-link.ts'

/** `Redis` or `Cluster` of ioredis or iovalkey. */
export interface IoredisClient {
  readonly isCluster: boolean
  duplicate(...args: never[]): unknown
}

/** A connection as those libraries give it. */
interface Connection {
  status: string
  callBuffer(command: string, args: (string | Buffer | number)[]): Promise<unknown>
  subscribe(channel: string): Promise<unknown>
  on(event: string, listener: (...args: never[]) => void): unknown
  disconnect(reconnect?: boolean): void
}

export function isIoredis(client: unknown): client is IoredisClient {
  return typeof client === 'object' && client !== null && 'isCluster' in client && 'duplicate' in client
}

export function ioredisLinkOf(client: IoredisClient): OpenLink {
  return (channel, events) => {
    const commands = duplicate(client, 'commands')
    const messages = duplicate(client, 'messages')
    for (const connection of [commands, messages]) connection.on('error', (error: Error) => events.error(error))
    commands.on('ready', () => events.ready())
    commands.on('close', () => events.lost())
    // A cluster's client loses its nodes one by one.
    commands.on('-node', () => events.lost())
    messages.on('message', (_: string, text: string) => events.message(text))
    // Only what ends the connection for good rejects this; the library subscribes again after each loss.
    messages.subscribe(channel).catch((error: Error) => events.error(error))
    return {
      get isReady() {
        return commands.status === 'ready'
      },
      run: (script, keys, args) =>
        runScript(script, (command, text) => commands.callBuffer(command, [text, keys.length, ...keys, ...args])),
      recycle: (which) => (which === 'commands' ? commands : messages).disconnect(true),
      close() {
        commands.disconnect()
        messages.disconnect()
      },
    }
  }
}

function duplicate(client: IoredisClient, purpose: 'commands' | 'messages'): Connection {
  // Commands that were under way when a connection broke are not sent again on the next one: nobody waits for them any more, and
  // the server there may be another. Messages may wait for their connection.
  const isQueueing = purpose === 'messages'
  const node = { keyPrefix: '', autoResendUnfulfilledCommands: false, maxRetriesPerRequest: null }
  if (client.isCluster) {
    const cluster = client as { duplicate(nodes: unknown[], options: object): Connection }
    return cluster.duplicate([], {
      keyPrefix: '',
      lazyConnect: false,
      enableOfflineQueue: isQueueing,
      clusterRetryStrategy: retryDelayMs,
      redisOptions: node,
    })
  }
  const single = client as { duplicate(options: object): Connection }
  return single.duplicate({
    ...node,
    lazyConnect: false,
    enableOfflineQueue: isQueueing,
    retryStrategy: retryDelayMs,
  })
}
