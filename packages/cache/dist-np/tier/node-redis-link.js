import { retryDelayMs, runScript } from "./redis-link.js";
/** RESP's `$`: replies hold Buffers for strings. */
const asBuffers = { typeMapping: { 36: Buffer } };
export function isNodeRedis(client) {
    return (typeof client === 'object' &&
        client !== null &&
        ['connect', 'sendCommand', 'duplicate'].every((name) => typeof Reflect.get(client, name) === 'function'));
}
export function isNodeRedisCluster(client) {
    return 'getRandomNode' in client;
}
export function nodeRedisLinkOf(client) {
    return (channel, events) => {
        const commands = new CommandLine(client, events);
        const messages = new MessageLine(client, channel, events);
        return {
            get isReady() {
                return commands.isReady;
            },
            run: (script, keys, args) => runScript(script, (command, text) => {
                const rest = [...keys, ...args].map((arg) => (typeof arg === 'number' ? `${arg}` : arg));
                return commands.send(keys[0], [command, text, `${keys.length}`, ...rest]);
            }),
            recycle: (which) => (which === 'commands' ? commands : messages).open(),
            close() {
                commands.close();
                messages.close();
            },
        };
    };
}
/** A connection that is made anew until it is closed. Once made, the library makes it again by itself after each loss. */
class Line {
    connection = null;
    events;
    #client;
    #isQueueing;
    #retry;
    #attempts = 0;
    constructor(client, events, isQueueing) {
        this.#client = client;
        this.events = events;
        this.#isQueueing = isQueueing;
    }
    open() {
        this.close();
        const connection = duplicate(this.#client, this.#isQueueing);
        this.connection = connection;
        const isCurrent = () => this.connection === connection;
        connection.on('error', (error) => this.events.error(error));
        this.listen(connection, isCurrent);
        connection
            .connect()
            .then(() => (isCurrent() ? this.connected(connection) : undefined))
            .then(() => (this.#attempts = 0))
            // A cluster gives up when it finds no node.
            .catch((error) => {
            this.events.error(error);
            if (isCurrent())
                this.#retry = setTimeout(() => this.open(), retryDelayMs(++this.#attempts)).unref();
        });
    }
    close() {
        clearTimeout(this.#retry);
        const { connection } = this;
        this.connection = null;
        if (connection?.isOpen)
            connection.destroy();
    }
}
/** Never queues. Whatever was under way when a connection broke is rejected, and not sent again. */
class CommandLine extends Line {
    #isCluster;
    #isReady = false;
    constructor(client, events) {
        super(client, events, false);
        this.#isCluster = isNodeRedisCluster(client);
        this.open();
    }
    get isReady() {
        return this.#isReady;
    }
    async send(firstKey, args) {
        const { connection } = this;
        if (connection === null)
            throw new Error('the connection is closed');
        return this.#isCluster
            ? connection.sendCommand(firstKey, false, args, asBuffers)
            : connection.sendCommand(args, asBuffers);
    }
    close() {
        this.#lost();
        super.close();
    }
    listen(connection, isCurrent) {
        const lost = () => void (isCurrent() && this.#lost());
        if (this.#isCluster) {
            // It loses its nodes one by one, and stays of use for the others.
            for (const event of ['node-disconnect', 'node-reconnecting']) {
                connection.on(event, () => void (isCurrent() && this.#isReady && this.events.lost()));
            }
            connection.on('disconnect', lost);
        }
        else {
            for (const event of ['reconnecting', 'end'])
                connection.on(event, lost);
            connection.on('ready', () => void (isCurrent() && this.#ready()));
        }
    }
    connected() {
        if (!this.#isReady)
            this.#ready();
    }
    #ready() {
        this.#isReady = true;
        this.events.ready();
    }
    #lost() {
        if (!this.#isReady)
            return;
        this.#isReady = false;
        this.events.lost();
    }
}
class MessageLine extends Line {
    #channel;
    constructor(client, channel, events) {
        super(client, events, true);
        this.#channel = channel;
        this.open();
    }
    listen() { }
    /** The library subscribes again after each loss. */
    connected(connection) {
        return connection.subscribe(this.#channel, (text) => this.events.message(text));
    }
}
function duplicate(client, isQueueing) {
    const own = client;
    const node = (socket) => ({
        disableOfflineQueue: !isQueueing,
        keyPrefix: undefined,
        socket: { ...socket, reconnectStrategy: retryDelayMs },
    });
    if (!isNodeRedisCluster(client))
        return own.duplicate(node(own.options?.socket));
    const { defaults } = own._options ?? {};
    return own.duplicate({ defaults: { ...defaults, ...node(defaults?.socket) } });
}
//# sourceMappingURL=node-redis-link.js.map