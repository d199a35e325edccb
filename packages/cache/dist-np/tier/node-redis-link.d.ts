import { type OpenLink } from './redis-link.ts';
/** What `createClient` or `createCluster` of node-redis 5 or 6 gives; of the package `redis`, or `@redis/client`. */
export interface NodeRedisClient {
    connect(): Promise<unknown>;
    sendCommand(...args: never[]): Promise<unknown>;
    duplicate(...args: never[]): unknown;
}
export declare function isNodeRedis(client: unknown): client is NodeRedisClient;
export declare function isNodeRedisCluster(client: NodeRedisClient): boolean;
export declare function nodeRedisLinkOf(client: NodeRedisClient): OpenLink;
