import type { Policy, Slots } from './policy.ts';
/** As in the paper: four fifths of the main region for what was asked for again. */
export declare const PROTECTED_SHARE = 0.8;
/**
 * How much more often than the victim a candidate must have been asked for. In a loop the candidate was just counted and the
 * victim's turn is still to come, so the candidate is always one ahead of an entry that is worth as much; with a margin of 0
 * a loop larger than the cache would exchange its entries for ever, and hit none.
 */
export declare const ADMISSION_MARGIN = 1;
/**
 * W-TinyLFU: newcomers pass a small window in order of recency; who falls out of it is a candidate and enters the main
 * region only if it was asked for more often than the entry it would displace. The main region is two lists: probation,
 * whose oldest is the victim, and protected, for those that were asked for again.
 *
 *   newcomer ─► window ─► candidate ─► wins? ─► probation ⇄ protected
 *                              └─ loses: leaves     └─ victim
 *
 * A scan passes through the window and loses against everything that was ever asked for twice; a loop larger than the cache
 * keeps the part that fits. What bursts and is then forgotten is served by the window, so its share matters, and
 * {@link WindowChooser} finds it out.
 *
 * Residents carry their own count, so a hit computes no hash; only a key that leaves writes its count into the sketch, and
 * reads it when it comes back. Entries differ in weight: regions are measured in weight, and when objects are to be hit, a
 * candidate is compared by its count per byte; where they differ much, {@link GreedyDual} orders them instead of the regions.
 *
 * Costs 9 bytes a slot, the sketch, and the chooser. All acts are O(1), what is done at the end of a round amortised.
 * @see Einziger, Friedman, Manes. “TinyLFU: A Highly Efficient Cache Admission Policy.” ACM Trans. Storage 13(4), 2017
 * @see Einziger, Eytan, Friedman, Manes. “Adaptive Software Cache Management.” Middleware 2018
 * @see Einziger, Eytan, Friedman, Manes. “Lightweight Robust Size Aware Cache Management.” ACM Trans. Storage 18(3), 2022
 */
export declare class WTinyLfu implements Policy {
    #private;
    constructor({ slots, isByDensity, hashSeed }: {
        slots: Slots;
        isByDensity: boolean;
        hashSeed: number | null;
    });
    bytesAt(capacity: number): number;
    resize(capacity: number): void;
    insert(slot: number): void;
    reweigh(slot: number, difference: number): void;
    hit(slot: number): void;
    remove(slot: number): void;
    victim(weight: number): number;
    relocate(from: number, to: number): void;
    clear(): void;
}
