import { keyEnd } from "../off-heap/key-bytes.js";
import { FLAGS, FRESH_UNTIL, HASH, HEAD_WORDS, IS_DELETED, KIND_MASK, NONE, OLDER, PLACE_MASK, PLACE_SHIFT, TAGS_SHIFT, UNITS, isBefore, unitsOf, } from "./record.js";
import { SLEEP_AT, UNIT_WORDS, floatsOf, marksOf } from "./shared-memory.js";
// A stripe's word: the place where its ring goes on, and two bits.
const IS_LOCKED = 1;
/** Somebody was taken over from: parts of the ring may still be written to by whoever that was. */
const IS_SUSPECT = 2;
/** A write takes microseconds. Whoever has not gone on for so long was stopped, for good or for a while: it is taken over from. */
const TAKE_OVER_MS = 3;
const SPINS = 64;
const NAP_MS = 0.2;
/** Times that a write is begun anew because it was taken over from. */
const MOST_WRITES = 1000;
/** Records that one write may carry on from the end of the ring to its front. */
const MOST_CARRIED = 16;
/** Units that stay free for those who take over. */
const SLACK_UNITS = 64;
/** Old buckets are cleared each time that a ring has gone so far: long before its places begin anew, after 16 GiB. */
const SWEEP_SHIFT = 28;
export const napOn = (words, ms) => void Atomics.wait(words, SLEEP_AT, 0, ms);
/**
 * Records that all threads read and write, in many rings of one length each.
 *
 *   ring   │ free ····· │ record │ record │ pad │ record │ free ···│      places only rise; `reclaimed` ─► oldest … newest ─► place
 *   record    units · older · hash · bytes of value · flags · born · fresh until │ tags │ key │ value
 *
 * A record is written once, in front, and found from its bucket by a chain from the newest to the oldest; a new value or a
 * deletion is a newer record of the same key. Room is made at the old end: `reclaimed` moves on first, then bytes are overwritten.
 * So a reader takes no lock: it copies, and then asks whether `reclaimed` has passed what it copied. What was asked for
 * since it was written is carried on to the front instead (CLOCK).
 *
 * Writers of one ring take turns, by one word that is lock and place at once. A thread may be stopped at any instruction, for
 * good (`terminate`) or for a while (the machine is busy), and nobody can tell which. So a turn that does not go on is taken
 * over, and everything is built so that the former holder may wake and go on at any time and do no harm:
 * - a place is reserved by replacing the whole word, which fails for whoever was taken over from, as that always moves the place;
 * - it writes only to what it has reserved; it names that part in its slot before, and nobody reserves a part so named again;
 * - all else it changes by compare-and-exchange: `reclaimed`, which only rises, and the bucket, which publishes a whole record.
 * What was not published is not there; nothing has to be repaired.
 * @see Lamport. “Concurrent Reading and Writing.” CACM 20(11), 1977
 * @see Chandramouli et al. “FASTER: A Concurrent Key-Value Store with In-Place Updates.” SIGMOD 2018
 * @see Corbató. “A Paging Experiment with the Multics System.” 1968 (CLOCK)
 */
export class SharedLog {
    #words;
    #floats;
    #marks;
    #layout;
    #slot;
    #pace;
    #reader;
    /** Our turn: the stripe's word as we made it. */
    #turn = 0;
    /** Records that wait for the ring to begin anew. */
    #held = [];
    #holes = [];
    #seeHole;
    takeOverCount = 0;
    constructor(memory, layout, slot, reader, pace) {
        this.#words = new Int32Array(memory);
        this.#floats = floatsOf(memory);
        this.#marks = marksOf(memory, layout);
        this.#layout = layout;
        this.#slot = slot;
        this.#reader = reader;
        this.#pace = pace;
        this.#seeHole = (place, units) => void this.#holes.push(place, units);
    }
    /**
     * Writes a record. With `since`, a place of its stripe, only while nothing newer is known of its key than from there.
     * Answers whether it was written.
     */
    append(draft, since = null) {
        const stripe = this.#reader.stripeOf(draft.hash);
        for (let attempt = 0; attempt < MOST_WRITES; attempt++) {
            this.#take(stripe);
            if (this.#isOvertaken(stripe, draft, since)) {
                this.#giveBack(stripe);
                return false;
            }
            const place = this.#reserve(stripe, unitsOf(draft.byteLength));
            if (place === NONE)
                continue;
            this.#write(stripe, place, draft.words, draft.byteLength);
            const isPublished = this.#publish(stripe, place, draft, since);
            this.#slot.done();
            this.#giveBack(stripe);
            return isPublished;
        }
        throw new Error(`a write of shared memory was taken over from ${MOST_WRITES} times`);
    }
    /** Forgets all records. */
    clear() {
        for (let stripe = 0; stripe < this.#layout.stripeCount; stripe++) {
            for (let attempt = 0; attempt < MOST_WRITES; attempt++) {
                this.#take(stripe);
                // A place more, so that what is being loaded just now is known to be older.
                const place = this.#reserve(stripe, 1);
                if (place === NONE)
                    continue;
                this.#slot.done();
                this.#reclaimUpTo(stripe, this.#front);
                this.#giveBack(stripe);
                break;
            }
        }
    }
    // Taking turns.
    get #front() {
        return this.#turn >>> PLACE_SHIFT;
    }
    #take(stripe) {
        const at = this.#layout.wordAt(stripe);
        let seen = 0;
        let seenAtMs = NaN;
        for (let spin = 0;; spin++) {
            const word = Atomics.load(this.#words, at);
            if ((word & IS_LOCKED) === 0) {
                this.#turn = word | IS_LOCKED;
                if (Atomics.compareExchange(this.#words, at, word, this.#turn) === word)
                    return;
            }
            else if (spin >= SPINS) {
                const nowMs = this.#pace.monotonicMs();
                if (word !== seen || Number.isNaN(seenAtMs)) {
                    seen = word;
                    seenAtMs = nowMs;
                }
                else if (nowMs - seenAtMs >= TAKE_OVER_MS && this.#takeOver(stripe, at, word))
                    return;
                this.#pace.sleep(NAP_MS, this.#words);
            }
        }
    }
    #takeOver(stripe, at, word) {
        const place = word >>> PLACE_SHIFT;
        if (this.#freeUnits(stripe, place) < 1) {
            // Many in a row were stopped just when they had taken over: the ring begins anew.
            this.#reclaimUpTo(stripe, place);
        }
        this.#slot.open(stripe, place, 1);
        this.#turn = wordOf(place + 1) | IS_LOCKED | IS_SUSPECT;
        const isOurs = Atomics.compareExchange(this.#words, at, word, this.#turn) === word;
        if (isOurs) {
            Atomics.store(this.#words, this.#layout.recordAt(stripe, place) + UNITS, 1);
            this.takeOverCount++;
        }
        this.#slot.done();
        return isOurs;
    }
    #giveBack(stripe) {
        Atomics.compareExchange(this.#words, this.#layout.wordAt(stripe), this.#turn, this.#turn & ~IS_LOCKED);
    }
    // Making room.
    /** Reserves units in one piece, in front; answers their place, or NONE where our turn was taken over. They stay named as ours. */
    #reserve(stripe, units) {
        this.#held.length = 0;
        for (let carriedCount = 0;;) {
            const front = this.#front;
            const gap = this.#gapBefore(stripe, front, units);
            const wanted = gap > 0 ? gap : units;
            // Our turn was taken over long ago.
            if (isBefore(front, Atomics.load(this.#words, this.#layout.reclaimedAt(stripe))))
                return NONE;
            if (this.#freeUnits(stripe, front) < wanted + SLACK_UNITS + this.#heldUnits) {
                const isCarried = this.#reclaimOne(stripe, carriedCount < MOST_CARRIED);
                if (isCarried === null)
                    return NONE;
                if (isCarried)
                    carriedCount++;
                continue;
            }
            if (!this.#reserveHere(stripe, front, wanted))
                return NONE;
            if (gap === 0)
                return front;
            this.#slot.done();
            for (const { words, mark } of this.#held.splice(0))
                if (!this.#carryOn(stripe, words, mark))
                    return NONE;
        }
    }
    get #heldUnits() {
        let units = 0;
        for (const { words } of this.#held)
            units += words.length / UNIT_WORDS;
        return units;
    }
    /** Units to be passed over, as the ring ends before there is room, or somebody may be writing there; 0 for none. */
    #gapBefore(stripe, front, units) {
        const { ringUnits } = this.#layout;
        const at = front & (ringUnits - 1);
        let gap = at + units > ringUnits ? ringUnits - at : 0;
        if ((this.#turn & IS_SUSPECT) === 0)
            return gap;
        this.#holes.length = 0;
        this.#slot.othersIn(stripe, this.#layout, this.#seeHole);
        for (let hole = 0; hole < this.#holes.length; hole += 2) {
            const from = this.#holes[hole] & (ringUnits - 1);
            const to = Math.min(ringUnits, from + this.#holes[hole + 1]);
            // A hole that ends behind is passed over whole, however far in it we are.
            if (to > at && from < at + Math.max(units, gap))
                gap = Math.max(gap, to - at);
        }
        return gap;
    }
    #reserveHere(stripe, front, units) {
        const isSuspect = (this.#turn & IS_SUSPECT) !== 0 && this.#holes.length > 0;
        const next = wordOf(front + units) | IS_LOCKED | (isSuspect ? IS_SUSPECT : 0);
        this.#slot.open(stripe, front, units);
        if (Atomics.compareExchange(this.#words, this.#layout.wordAt(stripe), this.#turn, next) !== this.#turn) {
            this.#slot.done();
            return false;
        }
        this.#turn = next;
        Atomics.store(this.#words, this.#layout.recordAt(stripe, front) + UNITS, units);
        if (front >>> SWEEP_SHIFT !== ((front + units) & PLACE_MASK) >>> SWEEP_SHIFT)
            this.#sweep(stripe);
        return true;
    }
    #freeUnits(stripe, front) {
        const reclaimed = Atomics.load(this.#words, this.#layout.reclaimedAt(stripe));
        return this.#layout.ringUnits - ((front - reclaimed) & PLACE_MASK);
    }
    /** Lets the oldest record go, or carries it on to the front; answers which, or null where our turn was taken over. */
    #reclaimOne(stripe, mayCarry) {
        const reclaimedAt = this.#layout.reclaimedAt(stripe);
        const place = Atomics.load(this.#words, reclaimedAt);
        const at = this.#layout.recordAt(stripe, place);
        const units = this.#words[at + UNITS];
        const usedUnits = (this.#front - place) & PLACE_MASK;
        if (units < 1 || units > usedUnits) {
            // Whoever reserved this was stopped before it could say how long it is: nothing behind it can be told apart.
            this.#reclaimUpTo(stripe, this.#front);
            return false;
        }
        const mark = this.#marks[this.#layout.markAt(stripe, place)];
        const isWanted = mayCarry && mark > 0 && units <= this.#layout.mostUnits && this.#isLive(stripe, place, at);
        if (!isWanted) {
            this.#marks[this.#layout.markAt(stripe, place)] = 0;
            Atomics.compareExchange(this.#words, reclaimedAt, place, (place + units) & PLACE_MASK);
            return false;
        }
        return this.#carry(stripe, place, units, mark);
    }
    #carry(stripe, place, units, mark) {
        const from = this.#layout.recordAt(stripe, place);
        const words = this.#words.slice(from, from + units * UNIT_WORDS);
        const reclaimedAt = this.#layout.reclaimedAt(stripe);
        Atomics.compareExchange(this.#words, reclaimedAt, place, (place + units) & PLACE_MASK);
        this.#marks[this.#layout.markAt(stripe, place)] = 0;
        // At the end of the ring it waits for the ring to begin anew.
        if (this.#gapBefore(stripe, this.#front, units) > 0)
            this.#held.push({ words, mark });
        else if (!this.#carryOn(stripe, words, mark))
            return null;
        return true;
    }
    /** Puts a record in front, if it fits there just now. Answers false where our turn was taken over. */
    #carryOn(stripe, words, mark) {
        const front = this.#front;
        const units = words.length / UNIT_WORDS;
        if (this.#gapBefore(stripe, front, units) > 0 || this.#freeUnits(stripe, front) < units)
            return true;
        if (!this.#reserveHere(stripe, front, units))
            return false;
        this.#write(stripe, front, words, 4 * words.length);
        this.#publish(stripe, front, { hash: words[HASH] }, null);
        this.#marks[this.#layout.markAt(stripe, front)] = mark - 1;
        this.#slot.done();
        return true;
    }
    /** Whether a record is the newest of its key, and not too old. */
    #isLive(stripe, place, at) {
        const words = this.#words;
        const flags = words[at + FLAGS];
        const keyAt = at + HEAD_WORDS + (flags >>> TAGS_SHIFT);
        if ((flags & IS_DELETED) !== 0 || !(this.#floats[(at + FRESH_UNTIL) >> 1] > this.#pace.nowMs()))
            return false;
        const end = this.#layout.ringEnd(stripe);
        const count = keyEnd(words[keyAt] & KIND_MASK) >> 2;
        if (keyAt + count > end || count < 1)
            return false;
        const key = words.subarray(keyAt, keyAt + count);
        const reader = this.#reader;
        return reader.findWords(words[at + HASH], key, count) && reader.place === place && !reader.isInvalidated();
    }
    #reclaimUpTo(stripe, place) {
        const at = this.#layout.reclaimedAt(stripe);
        for (;;) {
            const before = Atomics.load(this.#words, at);
            if (!isBefore(before, place) || Atomics.compareExchange(this.#words, at, before, place) === before)
                return;
        }
    }
    #sweep(stripe) {
        const reclaimed = Atomics.load(this.#words, this.#layout.reclaimedAt(stripe));
        for (let bucket = 0; bucket < this.#layout.bucketCount; bucket++) {
            const at = this.#layout.bucketAt(stripe, bucket);
            const place = Atomics.load(this.#words, at);
            if (place !== NONE && isBefore(place, reclaimed))
                Atomics.compareExchange(this.#words, at, place, NONE);
        }
    }
    // Writing.
    /** Writes a record but for its length, which stands there, and what is older. */
    #write(stripe, place, words, byteLength) {
        const at = this.#layout.recordAt(stripe, place);
        const count = (byteLength + 3) >> 2;
        this.#words.set(words.subarray(HASH, count), at + HASH);
    }
    /** Puts a written record in front of its bucket. */
    #publish(stripe, place, draft, since) {
        const bucket = this.#layout.bucketAt(stripe, draft.hash & (this.#layout.bucketCount - 1));
        const at = this.#layout.recordAt(stripe, place);
        for (;;) {
            const newest = Atomics.load(this.#words, bucket);
            if (since !== null && this.#isOvertaken(stripe, draft, since))
                return false;
            this.#words[at + OLDER] = newest;
            if (Atomics.compareExchange(this.#words, bucket, newest, place) === newest)
                return true;
        }
    }
    /** Whether something newer than `since` is, or may be, known of a key. */
    #isOvertaken(stripe, { hash, key }, since) {
        if (since === null)
            return false;
        const reclaimed = Atomics.load(this.#words, this.#layout.reclaimedAt(stripe));
        if (isBefore(since, reclaimed))
            return true;
        return this.#reader.find(hash, key) && !isBefore(this.#reader.place, since);
    }
}
function wordOf(place) {
    return (place & PLACE_MASK) << PLACE_SHIFT;
}
//# sourceMappingURL=shared-log.js.map