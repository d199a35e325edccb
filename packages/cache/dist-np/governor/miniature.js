import { createPolicy } from "../policy/create-policy.js";
/** Keys that one miniature knows at most. Sampled less when there are more: 512 tell a hit ratio to a point or two. */
export const MOST_KEYS = 512;
/**
 * A cache of another budget in miniature: the policy itself, over a sample of the keys, without keys and values. A cache of a
 * gigabyte that sees every key behaves like one of a megabyte that sees one key in a thousand; a key takes part if its hash
 * lies below a threshold, which is halved whenever the miniature knows too many. Costs some 60 KiB.
 *
 * What it estimates is misses, not hits: whether the hottest key of all is in the sample decides over a good part of the hits,
 * and over hardly any miss.
 * @see Waldspurger, Saemundsson, Ahmad, Park. “Cache Modeling and Optimization using Miniature Simulations.” USENIX ATC 2017
 * @see Waldspurger, Park, Garthwaite, Ahmad. “Efficient MRC Construction with SHARDS.” USENIX FAST 2015
 */
export class Miniature {
    bytes;
    /** Keys whose hash, a signed 32-bit number, is at most this take part. */
    threshold = 2 ** 31 - 1;
    /** Acts since it was last set to 0. */
    workCount = 0;
    /** Misses of the cache that it stands for since they were last taken, if the sample had its share of the keys. */
    missCount = 0;
    /** The share of the keys that is really in the sample, by the rate. */
    bias = 1;
    #slotsByHash = new Map();
    #slots = { keys: new Int32Array(MOST_KEYS), weights: new Uint32Array(MOST_KEYS) };
    #deadlines = new Float64Array(MOST_KEYS);
    #policy;
    #freeSlots = Int32Array.from({ length: MOST_KEYS }, (_, slot) => slot);
    #rate = 1;
    #entryIndexBytes = 0;
    #heldBytes = 0;
    constructor({ bytes, policy, isByDensity, hashSeed }) {
        this.bytes = bytes;
        this.#policy = createPolicy(policy, { slots: this.#slots, isByDensity, hashSeed });
        this.#policy.resize(MOST_KEYS);
    }
    get keyCount() {
        return this.#slotsByHash.size;
    }
    /** A key that takes part was asked for; `weight` is that of the entry in the real cache, 0 where it was missed too. */
    ask(hash, weight, deadlineMs, nowMs) {
        this.workCount++;
        const slot = this.#slotsByHash.get(hash);
        if (slot !== undefined && this.#deadlines[slot] > nowMs)
            return this.#policy.hit(slot);
        if (slot !== undefined)
            this.#remove(slot);
        this.missCount += 1 / this.#rate;
        if (weight > 0)
            this.#insert(hash, weight, deadlineMs);
    }
    /** A key that takes part was stored. */
    put(hash, weight, deadlineMs) {
        this.workCount++;
        const slot = this.#slotsByHash.get(hash);
        if (slot === undefined)
            return this.#insert(hash, weight, deadlineMs);
        this.#deadlines[slot] = deadlineMs;
        const difference = weight - this.#slots.weights[slot];
        if (difference === 0)
            return;
        this.#slots.weights[slot] = weight;
        this.#heldBytes += difference;
        this.#policy.reweigh(slot, difference);
        this.#makeRoom(0);
    }
    forget(hash) {
        const slot = this.#slotsByHash.get(hash);
        if (slot !== undefined)
            this.#remove(slot);
    }
    get rate() {
        return this.#rate;
    }
    /** The sample has so many times as many of the keys as it ought to: it stands for as much less of the cache. And so much the index adds to an entry. */
    correct(bias, entryIndexBytes) {
        this.bias = bias;
        this.#entryIndexBytes = entryIndexBytes;
    }
    /** Half as many keys take part from now on. */
    halveRate() {
        this.#setRate(this.#rate / 2);
        for (const [hash, slot] of this.#slotsByHash)
            if (hash > this.threshold)
                this.#remove(slot);
    }
    /** Twice as many do; until they are known it misses more than the cache that it stands for. */
    doubleRate() {
        this.#setRate(this.#rate * 2);
    }
    forgetAll() {
        for (const slot of [...this.#slotsByHash.values()])
            this.#remove(slot);
    }
    #insert(hash, weight, deadlineMs) {
        if (weight + this.#entryIndexBytes > this.#budgetBytes)
            return;
        this.#makeRoom(weight + this.#entryIndexBytes);
        while (this.#slotsByHash.size === MOST_KEYS) {
            this.halveRate();
            if (hash > this.threshold)
                return;
            this.#makeRoom(weight + this.#entryIndexBytes);
        }
        const slot = this.#freeSlots[this.#slotsByHash.size];
        this.#slotsByHash.set(hash, slot);
        this.#slots.keys[slot] = hash;
        this.#slots.weights[slot] = weight;
        this.#deadlines[slot] = deadlineMs;
        this.#heldBytes += weight;
        this.#policy.insert(slot);
    }
    get #budgetBytes() {
        return this.bytes * this.#rate * this.bias;
    }
    #makeRoom(weight) {
        const most = this.#budgetBytes;
        while (this.#heldBytes + this.#slotsByHash.size * this.#entryIndexBytes + weight > most) {
            const victim = this.#policy.victim(weight);
            if (victim < 0)
                return;
            this.#remove(victim);
        }
    }
    #remove(slot) {
        this.#policy.remove(slot);
        this.#slotsByHash.delete(this.#slots.keys[slot]);
        this.#freeSlots[this.#slotsByHash.size] = slot;
        this.#heldBytes -= this.#slots.weights[slot];
        this.#slots.weights[slot] = 0;
    }
    #setRate(rate) {
        this.#rate = rate;
        this.threshold = rate * 2 ** 32 - 2 ** 31 - 1;
    }
}
//# sourceMappingURL=miniature.js.map