import { InvalidOptionError, KiB, MINUTE_MS, systemClock, systemRandom, } from '@plimsoll/core';
import { LARGEST_ARENA_BYTES } from "./store/off-heap/arena.js";
import { codecNames } from "./store/off-heap/value-bytes.js";
export const policyNames = ['w-tinylfu', 'lru'];
export const storeNames = ['heap', 'off-heap'];
/** Below this an off-heap cache would be all index. */
const LEAST_OFF_HEAP_BYTES = 256 * KiB;
/** Half of V8's largest Map: its table needs as much room again for the entries that were deleted. */
const MOST_ENTRIES = 2 ** 23;
const known = [
    'name',
    'maxBytes',
    'maxEntries',
    'weigh',
    'ttlMs',
    'staleMs',
    'load',
    'loadTimeoutMs',
    'store',
    'codec',
    'policy',
    'optimize',
    'onRemoval',
    'governor',
    'floorBytes',
    'clock',
    'random',
];
/** @throws {@link InvalidOptionError} with every fault at once */
export function resolveOptions(options) {
    const given = options ?? {};
    const faults = [];
    const fault = (where, what) => faults.push({ where, what });
    const number = (where, least, most, isWhole) => {
        const value = given[where];
        if (value === undefined)
            return;
        if (typeof value !== 'number' || Number.isNaN(value))
            fault(where, 'must be a number');
        else if (value < least || value > most)
            fault(where, `must be between ${least} and ${most}, and is ${value}`);
        else if (isWhole && !Number.isInteger(value))
            fault(where, `must be a whole number, and is ${value}`);
    };
    const callable = (where) => {
        if (given[where] !== undefined && typeof given[where] !== 'function')
            fault(where, 'must be a function');
    };
    const choice = (where, choices) => {
        const value = given[where];
        if (value !== undefined && !choices.includes(value))
            fault(where, `must be one of ${choices.join(', ')}`);
    };
    for (const name of Object.keys(given)) {
        if (!known.includes(name))
            fault(name, `is unknown (known: ${known.join(', ')})`);
    }
    if (given.maxBytes === undefined && given.maxEntries === undefined) {
        fault('', 'give maxBytes, maxEntries or both: a cache without a bound is a leak with a hit ratio');
    }
    number('maxBytes', 1, Number.MAX_SAFE_INTEGER, true);
    number('maxEntries', 1, MOST_ENTRIES, true);
    number('ttlMs', 1, Infinity, false);
    number('staleMs', 0, Number.MAX_SAFE_INTEGER, false);
    number('loadTimeoutMs', 1, Infinity, false);
    choice('store', storeNames);
    choice('codec', codecNames);
    if (given.store === 'off-heap') {
        const { maxBytes } = given;
        if (maxBytes === undefined)
            fault('maxBytes', `is needed: ${offHeapBytes}`);
        else if (maxBytes < LEAST_OFF_HEAP_BYTES || maxBytes > LARGEST_ARENA_BYTES)
            fault('maxBytes', offHeapBytes);
        if (given.weigh !== undefined)
            fault('weigh', 'is for values on the heap; an off-heap store counts the bytes itself');
    }
    else if (given.codec !== undefined)
        fault('codec', "is for store: 'off-heap'");
    choice('policy', policyNames);
    choice('optimize', ['objects', 'bytes']);
    number('floorBytes', 1, given.maxBytes ?? 1, true);
    if (given.governor !== undefined && typeof given.governor?.join !== 'function') {
        fault('governor', 'must be what startGovernor answers');
    }
    if (given.governor !== undefined && given.maxBytes === undefined)
        fault('maxBytes', 'is needed with a governor');
    if (given.governor === undefined && given.floorBytes !== undefined)
        fault('floorBytes', 'is for a cache with a governor');
    callable('weigh');
    callable('load');
    callable('onRemoval');
    if (given.name !== undefined && (typeof given.name !== 'string' || given.name.length > 200)) {
        fault('name', 'must be a string of at most 200 characters');
    }
    if (faults.length > 0)
        throw new InvalidOptionError('createCache', faults);
    return Object.freeze({
        name: given.name,
        maxBytes: given.maxBytes ?? Infinity,
        maxEntries: given.maxEntries ?? MOST_ENTRIES,
        weigh: given.weigh,
        ttlMs: given.ttlMs ?? Infinity,
        staleMs: given.staleMs ?? 0,
        load: given.load,
        loadTimeoutMs: given.loadTimeoutMs ?? MINUTE_MS,
        store: given.store ?? 'heap',
        codec: given.codec ?? 'v8',
        policy: given.policy ?? 'w-tinylfu',
        optimize: given.optimize ?? 'objects',
        onRemoval: given.onRemoval,
        governor: given.governor,
        floorBytes: given.floorBytes ?? defaultFloorBytes(given),
        clock: given.clock ?? systemClock,
        random: given.random ?? systemRandom,
    });
}
/** What an index needs to be of any use, or a hundredth. */
function defaultFloorBytes({ maxBytes = 0, store }) {
    return Math.min(maxBytes, Math.max(store === 'off-heap' ? LEAST_OFF_HEAP_BYTES : 64 * KiB, Math.ceil(maxBytes / 100)));
}
const offHeapBytes = 'an off-heap cache holds 256 KiB to 32 GiB';
/** Tags an entry may have. */
const MOST_TAGS = 100;
/** @throws {@link InvalidOptionError} unless it is a span above 0 */
export function checkTtlMs(ttlMs) {
    if (typeof ttlMs === 'number' && ttlMs > 0)
        return ttlMs;
    throw new InvalidOptionError('entry', [{ where: 'ttlMs', what: `must be a number above 0, and is ${String(ttlMs)}` }]);
}
/** @throws {@link InvalidOptionError} unless it is a list of strings, and not too long */
export function checkTags(tags) {
    if (Array.isArray(tags) && tags.length <= MOST_TAGS && tags.every((tag) => typeof tag === 'string'))
        return tags;
    throw new InvalidOptionError('entry', [{ where: 'tags', what: `must be a list of at most ${MOST_TAGS} strings` }]);
}
//# sourceMappingURL=options.js.map