import type { Slots } from '../policy/policy.ts';
/**
 * Keeps entries as slots: one array a property, keys and values in one (a look-up reads both). No object an entry, so the
 * garbage collector has keys and values to visit and nothing else. Short strings and numbers are found through a table of
 * their hashes, all other keys through a Map. Knows to the byte what it costs: 20 a slot, 5 more where entries are weighed,
 * the table's 8 to 12, and the Map's if there is one.
 *
 * Private by type and not by `#`, as all that is on the path of a `set`: see docs/design/011.
 */
export declare class HeapEntries<K, V> implements Slots {
    /** By slot, the key and then the value. For a free slot, '' (so that keys of strings meet nothing else) and undefined. */
    private items;
    /** Of each key in a slot: what policies know it by, too. For a free slot, the next free slot. */
    keys: Int32Array;
    /** Bytes charged to the entry, 0 for a free slot; null where only entries are counted. */
    weights: Uint32Array | null;
    /** 1 where the weight is the caller's word and the index is not charged on top. */
    exact: Uint8Array;
    exactCount: number;
    count: number;
    /** The hash of the key that was looked for last, for {@link add}. */
    askedHash: number;
    private readonly table;
    private map;
    /** Keys in the Map that found no room in the table. */
    private strayCount;
    private readonly hasher;
    /** How many slots there are. Set by `resize`. */
    capacity: number;
    /** The slot given back last, if any. */
    private free;
    /** Slots at and above this were never used. */
    private used;
    /** Whether entries have moved since the table was filled. */
    private isTableStale;
    private addsUntilLook;
    constructor({ isWeighing, hashSeed }: {
        isWeighing: boolean;
        hashSeed: number;
    });
    get hasFreeSlot(): boolean;
    /** Whether no more than a quarter of the slots are in use, and there are enough of them to care. */
    get isSparse(): boolean;
    get isMoving(): boolean;
    get mapBytes(): number;
    /** Whether keys met in the table that had to stand elsewhere, and so took room that nobody made. */
    get hasStrays(): boolean;
    bytesAt(capacity: number): number;
    /** Whether V8 makes a Map, or its table, anew for one more entry with this key. */
    growsMap(key: K): boolean;
    /** By how many bytes, then. */
    mapGrowth(key: K): number;
    /** Whether a new Map of the same keys would do with the table that there is. */
    get isMapWorthRebuilding(): boolean;
    /** Slots above `capacity` must be free. */
    resize(capacity: number): void;
    /** Below 0: nobody has that key. */
    slotOf(key: K): number;
    usedSlots(): IterableIterator<number>;
    isUsed(slot: number): boolean;
    keyOf(slot: number): K;
    valueIn(slot: number): V;
    setValue(slot: number, value: V): void;
    /** Bytes, or 1. */
    weightOf(slot: number): number;
    isExact(slot: number): boolean;
    /** `askedHash` is what it was when this key was looked for. */
    add(key: K, value: V, weight: number, isExact: boolean, askedHash: number): number;
    remove(slot: number): void;
    /**
     * Moves entries down until the first `count` slots are in use and no other, telling of each move.
     * Costs O(slots); `resize` has to be called next, and may take the slots above `count` away.
     */
    compact(onMove: (from: number, to: number) => void): void;
    rebuildMap(): void;
    /** To be called when most entries are about to leave: see {@link KeyMap}. */
    startMoving(): void;
    /** Answers whether nobody has to move any more. */
    move(most: number): boolean;
    clear(): void;
    private slotInMap;
    private isInMap;
    private addToMap;
    private addStray;
    private unlink;
    /** Too many keys of one hash: their names must tell more. Who has left and comes back is a stranger then, once. */
    private lookForStrangers;
    private fillTable;
    private takeSlot;
}
export declare const LEAST_MAP_BYTES: number;
