import { type IoredisClient } from './ioredis-link.ts';
import { type NodeRedisClient } from './node-redis-link.ts';
import type { OpenLink } from './redis-link.ts';
/**
 * What the tier needs of a Redis client. It is a pattern only: the tier opens connections of its own like it, and leaves it alone.
 * `Redis` and `Cluster` of ioredis (5.4 and newer, 6) and of iovalkey, or what `createClient` and `createCluster` of node-redis (5, 6) give.
 */
export type RedisClient = IoredisClient | NodeRedisClient;
/** Whether keys lie on several nodes; null for what is no client that is known here. */
export declare function isClusterOf(client: unknown): boolean | null;
export declare function linkOf(client: RedisClient): OpenLink;
