import { DAY_MS, InvalidOptionError, KiB, MiB, SECOND_MS, systemClock, systemRandom, } from '@plimsoll/core';
import { codecNames } from "./envelope.js";
import { isClusterOf } from "./redis-client.js";
/** @throws {@link InvalidOptionError} with every fault at once */
export function resolveTierOptions(options) {
    const given = options ?? {};
    const faults = [];
    const fault = (where, what) => faults.push({ where, what });
    const { redis, namespace } = given;
    const isCluster = isClusterOf(redis);
    if (isCluster === null) {
        const what = 'must be a Redis or Cluster of ioredis or iovalkey, or a client or cluster of node-redis';
        fault('redis', `${what}: new Redis(process.env.REDIS_URL), or createClient({ url: process.env.REDIS_URL })`);
    }
    if (typeof namespace !== 'string' || !/^[^{}]{1,100}$/.test(namespace)) {
        fault('namespace', 'must be a string of 1 to 100 characters without braces');
    }
    const defaults = {
        timeoutMs: 100,
        staleBoundMs: 5 * SECOND_MS,
        partitions: isCluster ? 16 : 1,
        leaseMs: 2 * SECOND_MS,
        maxTtlMs: DAY_MS,
        maxEntryBytes: MiB,
        compressFromBytes: KiB,
        maxInFlight: 1000,
        maxQueued: 10_000,
        maxHotKeys: 1000,
    };
    /** Least, most, and whether it has to be whole. */
    const ranges = {
        timeoutMs: [1, 60 * SECOND_MS],
        staleBoundMs: [50, DAY_MS],
        partitions: [1, 1024],
        leaseMs: [50, 60 * SECOND_MS],
        maxTtlMs: [1, 365 * DAY_MS],
        maxEntryBytes: [1, 512 * MiB],
        compressFromBytes: [0, Infinity],
        maxInFlight: [1, 1e6],
        maxQueued: [1, 1e6],
        maxHotKeys: [0, 100_000],
    };
    const numbers = { ...defaults };
    for (const name of Object.keys(defaults)) {
        const value = given[name] ?? defaults[name];
        const [least, most] = ranges[name];
        const isWhole = Number.isInteger(value) || value === Infinity;
        if (typeof value !== 'number' || !isWhole || value < least || value > most) {
            fault(name, `must be a whole number between ${least} and ${most}, and is ${String(value)}`);
        }
        else
            numbers[name] = value;
    }
    const known = ['redis', 'namespace', 'clock', 'random', ...Object.keys(defaults)];
    for (const name of Object.keys(given)) {
        if (!known.includes(name))
            fault(name, `is unknown (known: ${known.join(', ')})`);
    }
    if (faults.length === 0 && numbers.timeoutMs * 2 > numbers.staleBoundMs) {
        fault('timeoutMs', `must be at most half of staleBoundMs, or no poll could be answered in time`);
    }
    if (faults.length > 0)
        throw new InvalidOptionError('startRedisTier', faults);
    const { clock = systemClock, random = systemRandom } = given;
    return Object.freeze({ ...numbers, redis, namespace, clock, random });
}
/** @throws {@link InvalidOptionError} for what the tier needs; the rest is checked where the cache is created */
export function checkTieredOptions(options) {
    const faults = [];
    const { name, codec = 'v8' } = options;
    if (typeof name !== 'string' || name === '' || name.length > 100) {
        faults.push({ where: 'name', what: 'must be a string of 1 to 100 characters, the same in every process' });
    }
    const own = codec;
    const isOwn = typeof own?.encode === 'function' && typeof own.decode === 'function';
    if (!isOwn && !codecNames.includes(codec)) {
        faults.push({ where: 'codec', what: `must be one of ${codecNames.join(', ')}, or have encode and decode` });
    }
    if (faults.length > 0)
        throw new InvalidOptionError('createCache of a Redis tier', faults);
}
//# sourceMappingURL=options.js.map