import { retryDelayMs, runScript } from "./redis-link.js";
export function isIoredis(client) {
    return typeof client === 'object' && client !== null && 'isCluster' in client && 'duplicate' in client;
}
export function ioredisLinkOf(client) {
    return (channel, events) => {
        const commands = duplicate(client, 'commands');
        const messages = duplicate(client, 'messages');
        for (const connection of [commands, messages])
            connection.on('error', (error) => events.error(error));
        commands.on('ready', () => events.ready());
        commands.on('close', () => events.lost());
        // A cluster's client loses its nodes one by one.
        commands.on('-node', () => events.lost());
        messages.on('message', (_, text) => events.message(text));
        // Only what ends the connection for good rejects this; the library subscribes again after each loss.
        messages.subscribe(channel).catch((error) => events.error(error));
        return {
            get isReady() {
                return commands.status === 'ready';
            },
            run: (script, keys, args) => runScript(script, (command, text) => commands.callBuffer(command, [text, keys.length, ...keys, ...args])),
            recycle: (which) => (which === 'commands' ? commands : messages).disconnect(true),
            close() {
                commands.disconnect();
                messages.disconnect();
            },
        };
    };
}
function duplicate(client, purpose) {
    // Commands that were under way when a connection broke are not sent again on the next one: nobody waits for them any more, and
    // the server there may be another. Messages may wait for their connection.
    const isQueueing = purpose === 'messages';
    const node = { keyPrefix: '', autoResendUnfulfilledCommands: false, maxRetriesPerRequest: null };
    if (client.isCluster) {
        const cluster = client;
        return cluster.duplicate([], {
            keyPrefix: '',
            lazyConnect: false,
            enableOfflineQueue: isQueueing,
            clusterRetryStrategy: retryDelayMs,
            redisOptions: node,
        });
    }
    const single = client;
    return single.duplicate({
        ...node,
        lazyConnect: false,
        enableOfflineQueue: isQueueing,
        retryStrategy: retryDelayMs,
    });
}
//# sourceMappingURL=ioredis-link.js.map