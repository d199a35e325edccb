import type { Slots } from '../../policy/policy.ts';
import { Arena } from './arena.ts';
import { type CodecName } from './value-bytes.ts';
/**
 * Keeps entries as bytes outside V8's heap: a table from the hash of a key to a slot, and a record a slot in the arena. A
 * record is a word for the key's length and kind and the value's kind, the key, and the value. Costs 16 bytes a slot, the
 * table, and some 24 bytes of record around key and value.
 */
export declare class OffHeapStore<K, V> implements Slots {
    #private;
    readonly arena: Arena;
    /** Bytes of each record, 0 for a free slot. */
    weights: Uint32Array<ArrayBuffer>;
    constructor({ maxBytes, codec, seed0, seed1 }: {
        maxBytes: number;
        codec: CodecName;
        seed0: number;
        seed1: number;
    });
    static bytesAt(capacity: number): number;
    /** What policies read as keys: it is all they want them for. */
    get keys(): Int32Array;
    get count(): number;
    get capacity(): number;
    get hasFreeSlot(): boolean;
    /** Whether no more than a quarter of the slots are in use, and there are enough of them to care. */
    get isSparse(): boolean;
    isUsed(slot: number): boolean;
    /** The slot of a key, or `NONE`. @throws UnstorableKeyError */
    find(key: K): number;
    keyOf(slot: number): K;
    /** A value of its own, which nobody else has. */
    valueOf(slot: number): V;
    /** Turns a value into bytes, to be stored with the key that is looked for next. @throws UnstorableValueError */
    prepare(value: V): void;
    /** Bytes of payload that the key last looked for and the value last prepared come to. */
    get payloadBytes(): number;
    /** Stores what was prepared under the key that was looked for and not found; there is room for it. */
    add(): number;
    /** Stores what was prepared under the key that was looked for and stands in this slot; there is room for it. */
    replace(slot: number): void;
    forgetPrepared(): void;
    remove(slot: number): void;
    resize(capacity: number): void;
    /** Moves entries down until the first `count` slots are in use and no other. */
    compact(onMove: (from: number, to: number) => void): void;
    clear(): void;
}
