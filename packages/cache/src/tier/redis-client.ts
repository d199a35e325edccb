/**
 * What the tier needs of a Redis client: `Redis` and `Cluster` of ioredis (5.4 and newer, 6) and of iovalkey have it. The client is
 * a pattern only: the tier opens connections of its own like it, and leaves it alone.
 */
export interface RedisClient {
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

/** A Lua script and the hash by which the server remembers it. */
export interface Script {
  readonly source: string
  readonly sha: string
}

/** One way to a server, which may be lost and found again by itself. It never queues: what cannot be sent now is refused. */
export interface RedisLink {
  readonly isReady: boolean
  /** Replies hold Buffers for strings. All keys live in one hash slot. */
  run(script: Script, keys: readonly string[], args: readonly (string | Buffer | number)[]): Promise<unknown>
  /** Drops the connection for commands, or the one for messages, and makes it anew. */
  recycle(which: 'commands' | 'messages'): void
  close(): void
}

export interface LinkEvents {
  /** Commands can be sent: at first, and again after each loss. */
  ready(): void
  /** A connection for commands was lost; another server may answer on the next. */
  lost(): void
  message(text: string): void
  /** Something the library tells of; the link mends itself. */
  error(error: Error): void
}

/** Opens the link. @param channel where `message` listens */
export type OpenLink = (channel: string, events: LinkEvents) => RedisLink

/** Reconnecting begins at once and slows down to twice a second: a Redis that was restarted is found again within that. */
const retryDelayMs = (attempt: number): number => Math.min(500, 20 * attempt)

export function linkOf(client: RedisClient): OpenLink {
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
      async run({ source, sha }, keys, args) {
        const rest = [keys.length, ...keys, ...args]
        try {
          return await commands.callBuffer('EVALSHA', [sha, ...rest])
        } catch (error) {
          if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
          return commands.callBuffer('EVAL', [source, ...rest])
        }
      },
      recycle: (which) => (which === 'commands' ? commands : messages).disconnect(true),
      close() {
        commands.disconnect()
        messages.disconnect()
      },
    }
  }
}

function duplicate(client: RedisClient, purpose: 'commands' | 'messages'): Connection {
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
