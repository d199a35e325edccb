import { NONE, resized } from "../../policy/slot-rings.js";
import { Arena, NOWHERE } from "./arena.js";
import { KeyBytes, keyEnd, readKey, VALUE_KIND_BITS } from "./key-bytes.js";
import { KeyTable } from "./key-table.js";
import { readValue, ValueBytes } from "./value-bytes.js";
const VALUE_KIND_MASK = (1 << VALUE_KIND_BITS) - 1;
/** What stands beside the arrays and segments: objects, the room for keys, measured on Node.js 20. */
const FIXED_BYTES = 6144;
/**
 * Keeps entries as bytes outside V8's heap: a table from the hash of a key to a slot, and a record a slot in the arena. A
 * record is a word for the key's length and kind and the value's kind, the key, and the value. Costs 16 bytes a slot, the
 * table, and some 24 bytes of record around key and value.
 */
export class OffHeapStore {
    arena;
    #table = new KeyTable();
    #key;
    #value;
    /** Bytes of each record, 0 for a free slot. */
    weights = new Uint32Array(0);
    /** Of the key that was looked for last. */
    #hash = 0;
    constructor({ maxBytes, codec, seed0, seed1 }) {
        this.arena = new Arena(maxBytes);
        this.#key = new KeyBytes(seed0, seed1);
        this.#value = new ValueBytes(codec);
    }
    static bytesAt(capacity) {
        return FIXED_BYTES + 8 * capacity + KeyTable.bytesAt(capacity);
    }
    /** What policies read as keys: it is all they want them for. */
    get keys() {
        return this.#table.hashes;
    }
    get count() {
        return this.#table.count;
    }
    get capacity() {
        return this.#table.capacity;
    }
    get hasFreeSlot() {
        return this.count < this.capacity;
    }
    /** Whether no more than a quarter of the slots are in use, and there are enough of them to care. */
    get isSparse() {
        return this.capacity > 64 && this.count <= this.capacity >> 2;
    }
    isUsed(slot) {
        return this.arena.places[slot] !== NOWHERE;
    }
    /** The slot of a key, or `NONE`. @throws UnstorableKeyError */
    find(key) {
        const own = this.#key;
        own.put(key);
        const hash = (this.#hash = own.hash());
        const { hashes } = this.#table;
        for (let slot = this.#table.first(hash); slot !== NONE; slot = this.#table.after(slot)) {
            if (hashes[slot] === hash && this.arena.beginsWith(slot, own.words, own.count, VALUE_KIND_BITS))
                return slot;
        }
        return NONE;
    }
    keyOf(slot) {
        this.arena.view(slot);
        return readKey(this.arena.bytes, this.arena.at);
    }
    /** A value of its own, which nobody else has. */
    valueOf(slot) {
        const { arena } = this;
        arena.view(slot);
        const head = arena.bytes.readInt32LE(arena.at);
        return readValue(head & VALUE_KIND_MASK, arena.bytes, arena.at + keyEnd(head), arena.end);
    }
    /** Turns a value into bytes, to be stored with the key that is looked for next. @throws UnstorableValueError */
    prepare(value) {
        this.#value.prepare(value);
    }
    /** Bytes of payload that the key last looked for and the value last prepared come to. */
    get payloadBytes() {
        return 4 * this.#key.count + this.#value.byteLength;
    }
    /** Stores what was prepared under the key that was looked for and not found; there is room for it. */
    add() {
        const slot = this.#table.add(this.#hash);
        this.#write(slot);
        return slot;
    }
    /** Stores what was prepared under the key that was looked for and stands in this slot; there is room for it. */
    replace(slot) {
        this.arena.free(slot);
        this.#write(slot);
    }
    forgetPrepared() {
        this.#value.release();
    }
    remove(slot) {
        this.arena.free(slot);
        this.weights[slot] = 0;
        this.#table.remove(slot);
    }
    resize(capacity) {
        this.#table.resize(capacity);
        this.arena.resize(capacity);
        this.weights = resized(this.weights, capacity);
    }
    /** Moves entries down until the first `count` slots are in use and no other. */
    compact(onMove) {
        this.#table.compact((slot) => this.isUsed(slot), (from, to) => {
            this.arena.relocate(from, to);
            this.weights[to] = this.weights[from];
            this.weights[from] = 0;
            onMove(from, to);
        });
    }
    clear() {
        this.arena.clear();
        this.#table.clear();
        this.resize(0);
    }
    #write(slot) {
        const { arena, payloadBytes } = this;
        arena.open(slot, payloadBytes);
        this.#key.writeTo(arena.bytes, arena.at, this.#value.kind);
        this.#value.writeTo(arena.bytes, arena.at + 4 * this.#key.count);
        arena.close(slot);
        this.weights[slot] = arena.recordBytes(payloadBytes);
    }
}
//# sourceMappingURL=off-heap-store.js.map