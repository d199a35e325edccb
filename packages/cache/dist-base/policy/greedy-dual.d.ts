import { type SlotRings } from './slot-rings.ts';
/**
 * Who stays where entries differ much in weight and most requests are to be hits: GreedyDual-Size-Frequency. An entry is worth
 * what it was asked for per byte, on top of what the last one that left was worth; who is worth least leaves. The floor rises
 * with each who leaves, so that old fame fades.
 *
 * Exactly, that takes a heap. Here worth per byte is rounded down to half octaves, and each of them has a list: those in one
 * list entered it in the order of their worth, so the least worth in all is the last of some list, and only as many are looked
 * at as there are lists. Costs 4 bytes a slot; a hit is O(1), a victim O(lists in use).
 * @see Cherkasova. “Improving WWW Proxies Performance with Greedy-Dual-Size-Frequency Caching Policy.” HP Labs 1998
 */
export declare class GreedyDual {
    #private;
    /** Lists that it needs: fifteen counts and weights up to 2³² bytes. */
    static readonly listCount: number;
    static bytesAt(capacity: number): number;
    constructor(rings: SlotRings, firstEnd: number, capacity: number);
    resize(capacity: number): void;
    /** An entry that stands in no list was asked for so often. */
    enter(slot: number, count: number, weight: number): void;
    victim(): number;
    relocate(from: number, to: number): void;
    /** Takes the floor off everybody, from time to time: small differences on top of a large number would be lost. */
    rebase(): void;
}
