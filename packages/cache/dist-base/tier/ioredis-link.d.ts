import { type OpenLink } from './redis-link.ts';
/** `Redis` or `Cluster` of ioredis or iovalkey. */
export interface IoredisClient {
    readonly isCluster: boolean;
    duplicate(...args: never[]): unknown;
}
export declare function isIoredis(client: unknown): client is IoredisClient;
export declare function ioredisLinkOf(client: IoredisClient): OpenLink;
