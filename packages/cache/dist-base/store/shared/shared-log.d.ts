import type { LogReader } from './log-reader.ts';
import { type Draft } from './record.ts';
import { type SharedLayout } from './shared-memory.ts';
import type { ThreadSlot } from './thread-slot.ts';
/** Time, and a wait that blocks the thread. */
export interface Pace {
    nowMs(): number;
    monotonicMs(): number;
    sleep(ms: number, words: Int32Array): void;
}
export declare const napOn: (words: Int32Array, ms: number) => void;
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
export declare class SharedLog {
    #private;
    takeOverCount: number;
    constructor(memory: SharedArrayBuffer, layout: SharedLayout, slot: ThreadSlot, reader: LogReader, pace: Pace);
    /**
     * Writes a record. With `since`, a place of its stripe, only while nothing newer is known of its key than from there.
     * Answers whether it was written.
     */
    append(draft: Draft, since?: number | null): boolean;
    /** Forgets all records. */
    clear(): void;
}
