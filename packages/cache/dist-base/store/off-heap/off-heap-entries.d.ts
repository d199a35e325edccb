import type { Clock } from '@plimsoll/core';
import type { RemovalCause } from '@plimsoll/core/wire';
import type { Policy } from '../../policy/policy.ts';
import type { Removals } from '../../removal.ts';
import { OffHeapStore } from './off-heap-store.ts';
import { TagTable } from './tag-table.ts';
export interface OffHeapEntriesOptions<K, V> {
    maxBytes: number;
    maxEntries: number;
    staleMs: number;
    clock: Clock;
    store: OffHeapStore<K, V>;
    policy: Policy;
    tags: TagTable;
    removals: Removals<K, V>;
}
/**
 * Entries off the heap under a ceiling: the store keeps them, the policy says who leaves, the expiry who is too old.
 *
 * What it holds to: after every call, index and segments are within `maxBytes`, the holes in the segments included.
 */
export declare class OffHeapEntries<K, V> {
    #private;
    constructor({ maxBytes, maxEntries, staleMs, clock, store, policy, tags, removals }: OffHeapEntriesOptions<K, V>);
    /** Index and segments. */
    get bytes(): number;
    /** Of the index but for the tags. */
    get slotBytes(): number;
    /** The ceiling is another one from now on. */
    grant(bytes: number): void;
    freshSlotOf(key: K): number;
    isFresh(slot: number): boolean;
    /** Whether an entry that is not fresh may still be served. */
    isServedStale(slot: number): boolean;
    /** On the clock's monotonic time; `Infinity`: for ever. */
    freshUntilMs(slot: number): number;
    usedSlots(): IterableIterator<number>;
    slotsOfTag(tag: string): readonly number[];
    /** Stores an entry, making room first. */
    put(key: K, value: V, ttlMs: number, tags: readonly string[]): void;
    removeKey(key: K, cause: RemovalCause): boolean;
    remove(slot: number, cause: RemovalCause): void;
    clear(): void;
    /** Evicts, and lets segments go, until no more than so many bytes are held. */
    evictDownTo(bytes: number): void;
    /** The end of every act that removes: the index gives room back, and listeners hear of it when all is in order again. */
    finish(): void;
}
