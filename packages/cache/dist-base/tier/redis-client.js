import { ioredisLinkOf, isIoredis } from "./ioredis-link.js";
import { isNodeRedis, isNodeRedisCluster, nodeRedisLinkOf } from "./node-redis-link.js";
/** Whether keys lie on several nodes; null for what is no client that is known here. */
export function isClusterOf(client) {
    return isIoredis(client) ? client.isCluster : isNodeRedis(client) ? isNodeRedisCluster(client) : null;
}
export function linkOf(client) {
    return isIoredis(client) ? ioredisLinkOf(client) : nodeRedisLinkOf(client);
}
//# sourceMappingURL=redis-client.js.map