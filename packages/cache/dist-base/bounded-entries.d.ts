import type { Clock } from '@plimsoll/core';
import type { RemovalCause } from '@plimsoll/core/wire';
import { Expiry } from './expiry/expiry.ts';
import { type HeapEntries } from './heap/heap-entries.ts';
import type { Policy } from './policy/policy.ts';
import type { Removals } from './removal.ts';
export declare const noTags: readonly string[];
export interface BoundedEntriesOptions<K, V> {
    maxBytes: number;
    maxEntries: number;
    staleMs: number;
    clock: Clock;
    store: HeapEntries<K, V>;
    policy: Policy;
    removals: Removals<K, V>;
}
/**
 * Entries under a ceiling: the store keeps them as slots, the policy says who leaves, the expiry who is too old.
 *
 * What it holds to: after every call, the weights of all entries and the bytes of the index are within `maxBytes`. Room is
 * made before anything is stored, for the entry and for what the index grows by to hold it.
 */
export declare class BoundedEntries<K, V> {
    #private;
    /** Exists once an entry has a deadline. */
    expiry: Expiry | null;
    constructor({ maxBytes, maxEntries, staleMs, clock, store, policy, removals }: BoundedEntriesOptions<K, V>);
    /** The ceiling is another one from now on. */
    grant(bytes: number): void;
    get indexBytes(): number;
    /** Entries and index. */
    get bytes(): number;
    freshSlotOf(key: K): number;
    isFresh(slot: number): boolean;
    slotsOfTag(tag: string): readonly number[];
    /**
     * Stores an entry, making room first. `weight` is in bytes, or 1 where only entries are counted; it is exact when it is the
     * caller's word, key and index included. `absentHash` is the hash that the key was just looked for by, in vain, so that nobody
     * has to look again; null: nobody has looked.
     * One argument each: this is the path of every miss, and an object that holds them would be garbage a moment later.
     */
    put(key: K, value: V, weight: number, isExact: boolean, ttlMs: number, tags: readonly string[], absentHash: number | null): void;
    /** The entry weighs something else by now: others may have to go, or itself. */
    reweigh(slot: number, weight: number): void;
    removeKey(key: K, cause: RemovalCause): boolean;
    remove(slot: number, cause: RemovalCause): void;
    clear(): void;
    evictDownTo(maxBytes: number): void;
    /** The end of every act that removes: the index gives room back, and listeners hear of it when all is in order again. */
    finish(): void;
}
