import { CircuitBreaker } from "./circuit-breaker.js";
import { Follower } from "./follower.js";
/** A hash slot of its own in Redis: a part of the keys, and the log of what was changed in it. */
export class Partition {
    follower = new Follower();
    breaker = new CircuitBreaker({ cooldownMs: 100, maxCooldownMs: 5000 });
    /** Copies have not been confirmed for so long that they live no longer than the bound. */
    isSuspended = true;
    poll = null;
    /** The server's clock minus ours, never too large: taken when an answer was here, which it left before. */
    serverAheadMs = 0;
    index;
    /** What its keys begin with. */
    stateKey;
    constructor(index, stateKey) {
        this.index = index;
        this.stateKey = stateKey;
    }
    get logKey() {
        return `${this.stateKey}:log`;
    }
}
export function createPartitions(namespace, count) {
    return Array.from({ length: count }, (_, index) => new Partition(index, `{${namespace}:${index}}`));
}
/** Where an entry of this life lies, and the lease of who loads it. */
export function entryKeys(partition, life, cache, key) {
    const place = (kind) => `${partition.stateKey}:${life}:${kind}:${cache}:${key}`;
    return { valueKey: place('v'), leaseKey: place('l') };
}
/** Where a key of a cache lies. */
export function partitionOf(partitions, cache, key) {
    const { length } = partitions;
    return partitions[length === 1 ? 0 : hashOf(`${cache}:${key}`) % length];
}
/** FNV-1a, 32 bits: all processes must agree on it. */
function hashOf(text) {
    let hash = 0x811c9dc5;
    for (let at = 0; at < text.length; at++)
        hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    return (hash ^ (hash >>> 15)) >>> 0;
}
//# sourceMappingURL=partition.js.map