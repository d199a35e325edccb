import { retryDelayMs, runScript, type LinkEvents, type OpenLink } from './redis-link.ts'

/** What `createClient` or `createCluster` of node-redis 5 or 6 gives; of the package `redis`, or `@redis/client`. */
export interface NodeRedisClient {
  connect(): Promise<unknown>
  sendCommand(...args: never[]): Promise<unknown>
  duplicate(...args: never[]): unknown
}

type Argument = string | Buffer

interface Connection {
  readonly isOpen: boolean
  connect(): Promise<unknown>
  subscribe(channel: string, listener: (text: string) => void): Promise<unknown>
  destroy(): void
  on(event: string, listener: (error: Error) => void): unknown
}
interface SingleConnection extends Connection {
  readonly isReady: boolean
  sendCommand(args: Argument[], options: object): Promise<unknown>
}
interface ClusterConnection extends Connection {
  sendCommand(firstKey: string, isReadonly: boolean, args: Argument[], options: object): Promise<unknown>
}

/** RESP's `$`: replies hold Buffers for strings. */
const asBuffers = { typeMapping: { 36: Buffer } }

export function isNodeRedis(client: unknown): client is NodeRedisClient {
  return (
    typeof client === 'object' &&
    client !== null &&
    ['connect', 'sendCommand', 'duplicate'].every((name) => typeof Reflect.get(client, name) === 'function')
  )
}

export function isNodeRedisCluster(client: NodeRedisClient): boolean {
  return 'getRandomNode' in client
}

export function nodeRedisLinkOf(client: NodeRedisClient): OpenLink {
  return (channel, events) => {
    const commands = new CommandLine(client, events)
    const messages = new MessageLine(client, channel, events)
    return {
      get isReady() {
        return commands.isReady
      },
      run: (script, keys, args) =>
        runScript(script, (command, text) => {
          const rest = [...keys, ...args].map((arg) => (typeof arg === 'number' ? `${arg}` : arg))
          return commands.send(keys[0]!, [command, text, `${keys.length}`, ...rest])
        }),
      recycle: (which) => (which === 'commands' ? commands : messages).open(),
      close() {
        commands.close()
        messages.close()
      },
    }
  }
}

/** A connection that is made anew until it is closed. Once made, the library makes it again by itself after each loss. */
abstract class Line<C extends Connection = Connection> {
  protected connection: C | null = null
  protected readonly events: LinkEvents
  readonly #client: NodeRedisClient
  readonly #isQueueing: boolean
  #retry: NodeJS.Timeout | undefined
  #attempts = 0

  constructor(client: NodeRedisClient, events: LinkEvents, isQueueing: boolean) {
    this.#client = client
    this.events = events
    this.#isQueueing = isQueueing
  }

  open(): void {
    this.close()
    const connection = duplicate(this.#client, this.#isQueueing) as C
    this.connection = connection
    const isCurrent = () => this.connection === connection
    connection.on('error', (error) => this.events.error(error))
    this.listen(connection, isCurrent)
    connection
      .connect()
      .then(() => (isCurrent() ? this.connected(connection) : undefined))
      .then(() => (this.#attempts = 0))
      // A cluster gives up when it finds no node.
      .catch((error: Error) => {
        this.events.error(error)
        if (isCurrent()) this.#retry = setTimeout(() => this.open(), retryDelayMs(++this.#attempts)).unref()
      })
  }

  close(): void {
    clearTimeout(this.#retry)
    const { connection } = this
    this.connection = null
    if (connection?.isOpen) connection.destroy()
  }

  protected abstract listen(connection: C, isCurrent: () => boolean): void
  protected abstract connected(connection: C): unknown
}

/** Never queues. Whatever was under way when a connection broke is rejected, and not sent again. */
class CommandLine extends Line<SingleConnection | ClusterConnection> {
  readonly #isCluster: boolean
  #isReady = false

  constructor(client: NodeRedisClient, events: LinkEvents) {
    super(client, events, false)
    this.#isCluster = isNodeRedisCluster(client)
    this.open()
  }

  get isReady(): boolean {
    return this.#isReady
  }

  async send(firstKey: string, args: Argument[]): Promise<unknown> {
    const { connection } = this
    if (connection === null) throw new Error('the connection is closed')
    return this.#isCluster
      ? (connection as ClusterConnection).sendCommand(firstKey, false, args, asBuffers)
      : (connection as SingleConnection).sendCommand(args, asBuffers)
  }

  override close(): void {
    this.#lost()
    super.close()
  }

  protected listen(connection: Connection, isCurrent: () => boolean): void {
    const lost = () => void (isCurrent() && this.#lost())
    if (this.#isCluster) {
      // It loses its nodes one by one, and stays of use for the others.
      for (const event of ['node-disconnect', 'node-reconnecting']) {
        connection.on(event, () => void (isCurrent() && this.#isReady && this.events.lost()))
      }
      connection.on('disconnect', lost)
    } else {
      for (const event of ['reconnecting', 'end']) connection.on(event, lost)
      connection.on('ready', () => void (isCurrent() && this.#ready()))
    }
  }

  protected connected(): void {
    if (!this.#isReady) this.#ready()
  }

  #ready(): void {
    this.#isReady = true
    this.events.ready()
  }

  #lost(): void {
    if (!this.#isReady) return
    this.#isReady = false
    this.events.lost()
  }
}

class MessageLine extends Line {
  readonly #channel: string

  constructor(client: NodeRedisClient, channel: string, events: LinkEvents) {
    super(client, events, true)
    this.#channel = channel
    this.open()
  }

  protected listen(): void {}

  /** The library subscribes again after each loss. */
  protected connected(connection: Connection): Promise<unknown> {
    return connection.subscribe(this.#channel, (text) => this.events.message(text))
  }
}

function duplicate(client: NodeRedisClient, isQueueing: boolean): Connection {
  const own = client as {
    options?: { socket?: object; defaults?: { socket?: object } }
    _options?: { defaults?: { socket?: object } }
    duplicate(options: object): Connection
  }
  const node = (socket?: object) => ({
    disableOfflineQueue: !isQueueing,
    keyPrefix: undefined,
    socket: { ...socket, reconnectStrategy: retryDelayMs },
  })
  if (!isNodeRedisCluster(client)) return own.duplicate(node(own.options?.socket))
  const { defaults } = own._options ?? {}
  return own.duplicate({ defaults: { ...defaults, ...node(defaults?.socket) } })
}
