import { NONE } from "../policy/slot-rings.js";
import { MapTable } from "../store/map-table.js";
/**
 * Finds the slot of a key that has no short hash: a Map, whose table V8 makes anew from time to time, and what it weighs.
 *
 * When most of its keys are about to leave, they are not taken out of it one by one, which costs more than all the rest, and
 * at last some 50 ms at once where V8 makes a smaller table of a million keys: those who stay move to a new Map, as `move` is
 * called. A look-up that fails there asks the old one, and checks what it says.
 */
export class KeyMap {
    table = new MapTable();
    #slots = new Map();
    #old = null;
    /** Keys that still stand in the old Map alone. */
    #unmovedCount = 0;
    #isIn;
    /** `isIn` tells whether the key still stands in the slot in which it once stood. */
    constructor(isIn) {
        this.#isIn = isIn;
    }
    get count() {
        return this.#slots.size + this.#unmovedCount;
    }
    get isMoving() {
        return this.#old !== null;
    }
    /** Of the Map's table, and of what an old Map still holds. */
    get bytes() {
        return this.#old === null ? this.table.bytes : this.table.bytes + this.#old.bytes;
    }
    find(key) {
        const slot = this.#slots.get(key);
        if (slot !== undefined)
            return slot;
        if (this.#old === null)
            return NONE;
        const oldSlot = this.#old.slots.get(key);
        return oldSlot !== undefined && this.#isIn(key, oldSlot) ? oldSlot : NONE;
    }
    add(key, slot) {
        this.#slots.set(key, slot);
        this.table.add();
    }
    /** `keyBytes` is what an old Map goes on holding. */
    remove(key, keyBytes) {
        if (this.#slots.delete(key))
            this.table.delete();
        else {
            this.#old.bytes += keyBytes;
            this.#unmovedCount--;
        }
    }
    /** The key, which has moved to the Map of now if there was an old one, stands in another slot. */
    relocate(key, to) {
        this.#slots.set(key, to);
    }
    /** A Map without holes. Costs O(entries), so it is done when a quarter of the table has become holes, and only to save room. */
    rebuild() {
        this.#slots = new Map(this.#slots);
        this.table.rebuild();
    }
    startMoving() {
        if (this.#old !== null)
            return;
        this.#unmovedCount = this.#slots.size;
        this.#old = { slots: this.#slots, walk: this.#slots.entries(), bytes: this.table.bytes };
        this.#slots = new Map();
        this.table.clear();
    }
    /** Looks at so many keys of the old Map at most. Answers whether nobody has to move any more. */
    move(most) {
        if (this.#old === null)
            return true;
        for (let left = most; this.#unmovedCount > 0; left--) {
            if (left === 0)
                return false;
            const next = this.#old.walk.next();
            if (next.done === true)
                break;
            const [key, slot] = next.value;
            if (!this.#isIn(key, slot) || this.#slots.has(key))
                continue;
            this.#slots.set(key, slot);
            this.table.add();
            this.#unmovedCount--;
        }
        this.#old = null;
        return true;
    }
}
//# sourceMappingURL=key-map.js.map