import { NONE } from "./slot-rings.js";
import { ADMISSION_MARGIN, PROTECTED_SHARE } from "./w-tinylfu.js";
/**
 * Finds out how large the window of W-TinyLFU should be, by trying: a few caches in miniature, each with another share,
 * see the same sample of keys as the real one, and the real one takes the share of the one that hits most. No share is good
 * everywhere: a loop wants next to none, a load that only knows what is recent wants it all (and gets plain LRU then).
 *
 * A cache of 10,000 entries that sees every key behaves like one of 64 that sees one key in 156, so a key takes part if its
 * hash lies below a threshold. The miniatures hold neither keys nor values, only hashes, in typed arrays: 15 KiB for a cache
 * of 64 entries or more, in proportion below. A key that takes part costs about 200 ns, any other a comparison.
 * @see Waldspurger, Saemundsson, Ahmad, Park. “Cache Modeling and Optimization using Miniature Simulations.” USENIX ATC 2017
 */
export class WindowChooser {
    static bytesAt(capacity) {
        const idCount = idCountAt(capacity);
        return OBJECT_BYTES + 2 * BUCKETS + (4 + 2 + 1 + 1) * idCount + (2 + 2 + 1) * SHARES.length * (idCount + ENDS);
    }
    /** The share of the trial that hit most lately. */
    share = SHARES[0];
    /** Keys whose hash is at most this take part: signed, so that a comparison of small integers decides. */
    threshold = 2 ** 31 - 1;
    #isFull = false;
    /** Whether the share is one that was found out. */
    #hasChosen = false;
    #ids = new SampledIds(0);
    #trials = [];
    #sampleCount = 0;
    /** As the miniatures know it. */
    #entryCount = 1;
    /** There are so many slots now. What was learnt stays; the trials begin anew when their length changes. */
    resize(capacity) {
        const idCount = idCountAt(capacity);
        if (idCount !== this.#ids.capacity)
            this.#reset(idCount);
    }
    /** Somebody had to leave. Until then every share is as good as any other, and what the trials did counts for nothing. */
    begin() {
        if (this.#isFull)
            return;
        this.#isFull = true;
        this.#hasChosen = false;
        this.#sampleCount = 0;
        for (const trial of this.#trials)
            trial.forgetScore();
    }
    /** A key that takes part was asked for, for the `count`-th time lately. */
    observe(hash, count) {
        const id = this.#ids.take(hash);
        this.#ids.counts[id] = count;
        this.#sampleCount++;
        for (const trial of this.#trials)
            trial.ask(id);
    }
    /**
     * To be called now and then with the number of entries: keeps the miniatures in proportion, and chooses. Answers whether
     * more keys take part now.
     */
    choose(entryCount) {
        const trialEntryCount = Math.min(MOST_TRIAL_ENTRIES, entryCount);
        const wasThreshold = this.threshold;
        if (Math.abs(entryCount - this.#entryCount) > STEADY * this.#entryCount) {
            this.#entryCount = entryCount;
            this.threshold = Math.floor(2 ** 32 * (trialEntryCount / entryCount) - 2 ** 31) - 1;
            if (this.threshold < wasThreshold)
                this.#dropWhoLeft();
        }
        for (const trial of this.#trials)
            trial.resize(trialEntryCount);
        this.#chooseShare(trialEntryCount);
        return this.threshold > wasThreshold;
    }
    #chooseShare(trialEntryCount) {
        if (!this.#isFull)
            return;
        const current = this.#trials.find(({ share }) => share === this.share);
        let latest = current;
        for (const trial of this.#trials)
            if (trial.hitCount > latest.hitCount)
                latest = trial;
        const lead = latest.hitCount - current.hitCount;
        const plainLead = (this.#hasChosen ? PLAINLY_BETTER : BETTER_AT_FIRST) * trialEntryCount;
        if (this.#sampleCount < SAMPLES_PER_ENTRY * trialEntryCount && lead <= plainLead)
            return;
        this.#hasChosen = true;
        const isAnotherLoad = lead > MUCH_BETTER * this.#sampleCount;
        for (const trial of this.#trials)
            trial.closeScore(isAnotherLoad ? 0 : SCORE_KEPT);
        let best = current;
        for (const trial of this.#trials)
            if (trial.score > best.score)
                best = trial;
        this.share = best.share;
        this.#sampleCount = 0;
    }
    /** As the counts of the real cache are halved. */
    halve() {
        const { counts } = this.#ids;
        for (let id = 0; id < counts.length; id++)
            counts[id] >>>= 1;
    }
    clear() {
        this.share = SHARES[0];
        this.threshold = 2 ** 31 - 1;
        this.#entryCount = 1;
        this.#isFull = false;
        this.#reset(this.#ids.capacity);
    }
    /** The sample has become smaller: who does not take part any more would never be asked for, and never give way to a candidate. */
    #dropWhoLeft() {
        for (let id = 0; id < this.#ids.capacity; id++) {
            if (this.#ids.hashOf(id) <= this.threshold)
                continue;
            for (const trial of this.#trials)
                trial.drop(id);
        }
    }
    #reset(idCount) {
        this.#sampleCount = 0;
        this.#ids = new SampledIds(idCount);
        const rings = new Rings(SHARES.length * (idCount + ENDS));
        this.#trials = SHARES.map((share, at) => new Trial(share, this.#ids, rings, at * (idCount + ENDS)));
    }
}
/** Shares that are tried, from “next to nothing” to “everything”, which is plain LRU; about twice as much each time. */
const SHARES = [0.01, 0.05, 0.15, 0.4, 0.7, 1];
const MOST_TRIAL_ENTRIES = 64;
const SAMPLES_PER_ENTRY = 8;
/**
 * Earlier than that, one trial has to be so many hits an entry ahead. A load that turns round and asks for its latest keys once
 * more gives each of them one hit, and is no other load.
 */
const PLAINLY_BETTER = 1.25;
/**
 * The first time nothing speaks for the share that it begins with, and a load that wants another waits for it: in a cold cache
 * of sessions that is 3 points of the first 90,000 requests. At half of this, noise chooses too.
 */
const BETTER_AT_FIRST = 0.3;
/** By what share the number of entries may differ from what the miniatures go by: looking at all keys again is not free. */
const STEADY = 0.03;
/**
 * By what share of the sample the best trial has to be ahead of the chosen one to show that the load has become another: what
 * was before counts for nothing then. At a twentieth, noise does that too, and the traces lose 0.7 points.
 */
const MUCH_BETTER = 0.1;
/** What a trial keeps of its score at each choice. */
const SCORE_KEPT = 0.8;
/** Each trial may hold others than the rest. */
function idCountAt(capacity) {
    return SHARES.length * Math.min(MOST_TRIAL_ENTRIES, capacity) + 1;
}
const BUCKETS = 512;
/** Trials, arrays and buffers without their items, measured on Node.js 20. */
const OBJECT_BYTES = 3000;
/** Short numbers for the hashes that at least one trial holds, and how often each was asked for. */
class SampledIds {
    capacity;
    counts;
    /** How many trials hold an id; none: it is free. */
    #holders;
    #hashes;
    /** The first id of each hash bucket, and the next id of its chain, which links the free ids too. */
    #first = new Int16Array(BUCKETS).fill(NONE);
    #next;
    #free = 0;
    constructor(capacity) {
        this.capacity = capacity;
        this.counts = new Uint8Array(capacity);
        this.#holders = new Uint8Array(capacity);
        this.#hashes = new Int32Array(capacity);
        this.#next = Int16Array.from({ length: capacity }, (_, id) => (id + 1 < capacity ? id + 1 : NONE));
    }
    take(hash) {
        const bucket = hash & (BUCKETS - 1);
        for (let id = this.#first[bucket]; id !== NONE; id = this.#next[id])
            if (this.#hashes[id] === hash)
                return id;
        const id = this.#free;
        this.#free = this.#next[id];
        this.#hashes[id] = hash;
        this.#next[id] = this.#first[bucket];
        this.#first[bucket] = id;
        return id;
    }
    hashOf(id) {
        return this.#hashes[id];
    }
    hold(id) {
        this.#holders[id]++;
    }
    letGo(id) {
        if (--this.#holders[id] > 0)
            return;
        const bucket = this.#hashes[id] & (BUCKETS - 1);
        if (this.#first[bucket] === id)
            this.#first[bucket] = this.#next[id];
        else {
            let before = this.#first[bucket];
            while (this.#next[before] !== id)
                before = this.#next[before];
            this.#next[before] = this.#next[id];
        }
        this.#next[id] = this.#free;
        this.#free = id;
    }
}
/** The ends of a trial's lists stand behind its ids: each list is a ring through its end. */
const ENDS = 3;
const WINDOW = 1;
const PROBATION = 2;
const PROTECTED = 3;
/** The lists of all trials, side by side in one array each: many small arrays would cost more than what they hold. */
class Rings {
    next;
    previous;
    /** 0: in none. */
    regions;
    constructor(length) {
        this.next = Int16Array.from({ length }, (_, at) => at);
        this.previous = this.next.slice();
        this.regions = new Uint8Array(length);
    }
}
/** W-TinyLFU without keys and values: the same decisions as {@link WTinyLfu}, every entry of the same weight. */
class Trial {
    share;
    score = 0;
    #ids;
    #rings;
    /** Where its part of the rings begins. */
    #base;
    #lengths = [0, 0, 0, 0];
    #entryCount = 1;
    #windowLength = 1;
    hitCount = 0;
    constructor(share, ids, rings, base) {
        this.share = share;
        this.#ids = ids;
        this.#rings = rings;
        this.#base = base;
    }
    resize(entryCount) {
        this.#entryCount = entryCount;
        this.#windowLength = Math.max(1, Math.round(this.share * entryCount));
        while (this.#lengths[WINDOW] > this.#windowLength)
            this.#shift(this.#oldest(WINDOW), PROBATION);
    }
    /** Adds the hits since the last time to a share of those before. */
    closeScore(keptShare) {
        this.score = this.score * keptShare + this.hitCount;
        this.hitCount = 0;
    }
    forgetScore() {
        this.score = 0;
        this.hitCount = 0;
    }
    ask(id) {
        const region = this.#rings.regions[this.#base + id];
        if (region === 0)
            return this.#enter(id);
        this.hitCount++;
        if (region !== PROBATION)
            return this.#shift(id, region);
        this.#shift(id, PROTECTED);
        const most = (this.#entryCount - this.#windowLength) * PROTECTED_SHARE;
        while (this.#lengths[PROTECTED] > most && this.#lengths[PROTECTED] > 1)
            this.#shift(this.#oldest(PROTECTED), PROBATION);
    }
    drop(id) {
        if (this.#rings.regions[this.#base + id] !== 0)
            this.#evict(id);
    }
    #enter(id) {
        this.#ids.hold(id);
        this.#add(id, WINDOW);
        while (this.#length > this.#entryCount)
            this.#evict(this.#victim());
        if (this.#lengths[WINDOW] > this.#windowLength)
            this.#shift(this.#oldest(WINDOW), PROBATION);
    }
    #victim() {
        const candidate = this.#oldest(WINDOW);
        if (this.#length === this.#lengths[WINDOW])
            return candidate;
        const main = this.#oldest(this.#lengths[PROBATION] > 0 ? PROBATION : PROTECTED);
        if (this.#lengths[WINDOW] <= this.#windowLength)
            return main;
        const { counts } = this.#ids;
        if (counts[candidate] <= counts[main] + ADMISSION_MARGIN)
            return candidate;
        this.#shift(candidate, PROBATION);
        return main;
    }
    get #length() {
        return this.#lengths[WINDOW] + this.#lengths[PROBATION] + this.#lengths[PROTECTED];
    }
    #oldest(region) {
        return this.#rings.previous[this.#end(region)] - this.#base;
    }
    #end(region) {
        return this.#base + this.#ids.capacity + region - 1;
    }
    #shift(id, region) {
        this.#unlink(id);
        this.#add(id, region);
    }
    #evict(id) {
        this.#unlink(id);
        this.#rings.regions[this.#base + id] = 0;
        this.#ids.letGo(id);
    }
    #add(id, region) {
        const { next, previous, regions } = this.#rings;
        const at = this.#base + id;
        const end = this.#end(region);
        const first = next[end];
        regions[at] = region;
        this.#lengths[region]++;
        next[at] = first;
        previous[at] = end;
        previous[first] = at;
        next[end] = at;
    }
    #unlink(id) {
        const { next, previous, regions } = this.#rings;
        const at = this.#base + id;
        this.#lengths[regions[at]]--;
        next[previous[at]] = next[at];
        previous[next[at]] = previous[at];
    }
}
//# sourceMappingURL=window-chooser.js.map