import { DistinctKeys } from "./distinct-keys.js";
import { KeyHasher } from "../policy/hash-key.js";
import { Miniature, MOST_KEYS } from "./miniature.js";
/** Budgets that are tried, from the least to the most: their square roots are equally far apart, so that neither steep beginnings nor cliffs near the end lie in a gap. */
export const CURVE_SIZES = 14;
/** Budgets smaller than this share of the largest are not tried: what they would hit tells little of any other. */
const LEAST_SHARE = 1 / 32;
/** A miniature that knows fewer keys is never made to know less. */
const LEAST_KEYS = 64;
/** From fewer keys than that a period's misses are not scaled, but from those of the periods before too. */
const FEWEST_KEYS = 16;
const WARMING_PERIODS = 4;
/** What a period keeps of the misses counted before it: some sixteen periods count, as a sample is small. */
const KEPT = 0.94;
/** And of the asks, which are counted whole: which cache is busy shows within two periods. */
const ASKS_KEPT = 0.5;
/** And of the keys that were asked for, which a cache holds now. */
const KEYS_KEPT = 0.5;
/** Asks after which what is known of the cache and of the samples is looked at again: at first, and in the long run. */
const SOONEST_CALIBRATION = 64;
const LATEST_CALIBRATION = 2 ** 14;
/** Estimates, while a cache works, how much it would miss with fourteen other budgets: a miniature for each. Costs some 900 KiB. */
export class CurveSampler {
    #miniatures;
    #hasher;
    #clock;
    /** What the index adds to an entry. */
    #entryIndexBytes = 0;
    #readEntryIndexBytes;
    #distinctKeys = new DistinctKeys();
    #asksLeft = SOONEST_CALIBRATION;
    #asksPerCalibration = SOONEST_CALIBRATION;
    #askCount = 0;
    #askSum = 0;
    /** As above, but soon forgotten. */
    #recentAskSum = 0;
    /** Periods that count for it. */
    #recentPeriodSum = 0;
    #missSums;
    /** Of the miniature that most keys take part in, when the period began. */
    #threshold = 2 ** 31 - 1;
    /** Periods until what a miniature counts is true again. */
    #warmingLeft = new Uint8Array(CURVE_SIZES);
    #loadCount = 0;
    #loadMsSum = 0;
    constructor({ leastBytes, mostBytes, policy, isByDensity, hashSeed, entryIndexBytes, clock }) {
        this.#readEntryIndexBytes = entryIndexBytes;
        this.#hasher = new KeyHasher(hashSeed);
        this.#clock = clock;
        const least = Math.min(mostBytes, Math.max(leastBytes, mostBytes * LEAST_SHARE));
        const root = Math.sqrt(least);
        const step = (Math.sqrt(mostBytes) - root) / (CURVE_SIZES - 1);
        this.#miniatures = Array.from({ length: CURVE_SIZES }, (_, at) => {
            return new Miniature({ bytes: Math.round((root + step * at) ** 2), policy, isByDensity, hashSeed });
        });
        this.#missSums = new Float64Array(CURVE_SIZES);
    }
    ask(key, inspect) {
        this.#askCount++;
        const hash = this.#hash(key);
        if (hash !== Infinity)
            this.#distinctKeys.add(hash);
        if (--this.#asksLeft === 0)
            this.#calibrate();
        if (hash > this.#threshold)
            return false;
        const facts = inspect(key);
        const nowMs = this.#clock.monotonicMs();
        const weight = facts === null ? 0 : facts.weight;
        const freshUntilMs = facts === null ? 0 : facts.freshUntilMs;
        for (const miniature of this.#miniatures) {
            if (hash <= miniature.threshold)
                miniature.ask(hash, weight, freshUntilMs, nowMs);
        }
        return facts === null;
    }
    put(key, inspect) {
        const hash = this.#hash(key);
        if (hash > this.#threshold)
            return;
        const facts = inspect(key);
        for (const miniature of this.#miniatures) {
            if (hash > miniature.threshold)
                continue;
            if (facts === null)
                miniature.forget(hash);
            else
                miniature.put(hash, facts.weight, facts.freshUntilMs);
        }
    }
    forget(key) {
        const hash = this.#hash(key);
        for (const miniature of this.#miniatures)
            if (hash <= miniature.threshold)
                miniature.forget(hash);
    }
    forgetAll() {
        for (const miniature of this.#miniatures)
            miniature.forgetAll();
    }
    loaded(ms) {
        this.#loadCount++;
        this.#loadMsSum += ms;
    }
    /** The end of a period, in which no more than `mostWork` acts of miniatures were wanted: older counts fade. */
    closePeriod(mostWork) {
        const before = this.#askSum;
        this.#askSum = before * KEPT + this.#askCount;
        this.#recentAskSum = this.#recentAskSum * ASKS_KEPT + this.#askCount;
        this.#recentPeriodSum = this.#recentPeriodSum * ASKS_KEPT + 1;
        this.#askCount = 0;
        this.#loadCount *= KEPT;
        this.#loadMsSum *= KEPT;
        // Keys of one phase may be rarer in the sample than those of another: each period's misses are scaled by its own keys.
        const biases = this.#distinctKeys.biasesOfPeriod(FEWEST_KEYS);
        this.#miniatures.forEach((miniature, at) => {
            const missCount = miniature.missCount / (biases[-Math.log2(miniature.rate)] || miniature.bias);
            const isWarm = this.#warmingLeft[at] === 0;
            // One that is warming up says what it said before.
            const ratio = before === 0 ? 1 : this.#missSums[at] / before;
            this.#missSums[at] = isWarm ? this.#missSums[at] * KEPT + missCount : ratio * this.#askSum;
            if (!isWarm)
                this.#warmingLeft[at]--;
            miniature.missCount = 0;
        });
        this.#keepWork(mostWork);
        this.#calibrate();
        this.#distinctKeys.closePeriod(KEYS_KEPT);
        this.#threshold = Math.max(...this.#miniatures.map(({ threshold }) => threshold));
    }
    /** Asks in a period, lately. */
    get askPerPeriod() {
        return this.#recentPeriodSum === 0 ? 0 : this.#recentAskSum / this.#recentPeriodSum;
    }
    /** What a load takes; null where none was seen. */
    get loadMs() {
        return this.#loadCount < 1 ? null : this.#loadMsSum / this.#loadCount;
    }
    /** From the least budget to the largest; empty before the first asks. More memory never misses more: what chance says else is evened out. */
    curve() {
        if (this.#askSum === 0)
            return [];
        const ratios = Array.from(this.#missSums, (misses) => Math.min(1, misses / this.#askSum));
        return falling(ratios).map((missRatio, at) => ({ bytes: this.#miniatures[at].bytes, missRatio }));
    }
    /** Lets fewer keys take part where most do, until the work would have been as little as that; or more again where there is room. */
    #keepWork(mostWork) {
        const works = this.#miniatures.map(({ workCount }) => workCount);
        for (const miniature of this.#miniatures)
            miniature.workCount = 0;
        let work = works.reduce((sum, count) => sum + count, 0);
        if (work < mostWork / 4)
            return this.#raiseOne();
        while (work > mostWork) {
            let most = -1;
            this.#miniatures.forEach(({ rate, keyCount }, at) => {
                if (keyCount >= LEAST_KEYS && (most < 0 || rate > this.#miniatures[most].rate))
                    most = at;
            });
            if (most < 0)
                return;
            this.#miniatures[most].halveRate();
            works[most] /= 2;
            work -= works[most];
        }
    }
    /** Soon at first, then less often: what an entry costs beside its weight, and how far off the samples are. */
    #calibrate() {
        this.#asksPerCalibration = Math.min(2 * this.#asksPerCalibration, LATEST_CALIBRATION);
        this.#asksLeft = this.#asksPerCalibration;
        this.#entryIndexBytes = this.#readEntryIndexBytes() ?? this.#entryIndexBytes;
        const biases = this.#distinctKeys.biases(LEAST_KEYS);
        for (const miniature of this.#miniatures) {
            miniature.correct(biases[-Math.log2(miniature.rate)] || 1, this.#entryIndexBytes);
        }
    }
    #raiseOne() {
        const at = this.#miniatures.findIndex(({ rate, keyCount }, at) => {
            return rate < 1 && keyCount < MOST_KEYS / 4 && this.#warmingLeft[at] === 0;
        });
        if (at < 0)
            return;
        this.#miniatures[at].doubleRate();
        this.#warmingLeft[at] = WARMING_PERIODS;
    }
    #hash(key) {
        // Objects have no bits to tell one from the other.
        return key !== null && (typeof key === 'object' || typeof key === 'function' || typeof key === 'symbol')
            ? Infinity
            : this.#hasher.hash(key, 0);
    }
}
/**
 * The nearest list that never rises: neighbours that do are replaced by their mean.
 * @see Ayer, Brunk, Ewing, Reid, Silverman. “An empirical distribution function for sampling with incomplete information.” 1955
 */
export function falling(values) {
    const blocks = [];
    for (const value of values) {
        blocks.push({ sum: value, count: 1 });
        for (;;) {
            const last = blocks.at(-1);
            const before = blocks.at(-2);
            if (!before || before.sum / before.count >= last.sum / last.count)
                break;
            blocks.pop();
            before.sum += last.sum;
            before.count += last.count;
        }
    }
    return blocks.flatMap(({ sum, count }) => Array(count).fill(sum / count));
}
//# sourceMappingURL=curve-sampler.js.map