import { stringBytes } from "../weigh/string.js";
/**
 * Finds the entries of a tag. A tag is known only while an entry has it, so nothing here outlives the cache's entries. Its
 * bytes are counted at the most that V8's tables can need for so many keys (see {@link MapTable}: four times their count).
 */
export class TagIndex {
    #slotsByTag = new Map();
    #tagsBySlot = new Map();
    #bytes = 0;
    get bytes() {
        return this.#bytes;
    }
    /** The most that these tags will add. */
    static bytesOf(tags) {
        let bytes = SLOT_BYTES;
        for (const tag of tags)
            bytes += PAIR_BYTES + TAG_BYTES + stringBytes(tag);
        return bytes;
    }
    set(slot, tags) {
        this.remove(slot);
        if (tags.length === 0)
            return;
        const distinct = [...new Set(tags)];
        this.#tagsBySlot.set(slot, distinct);
        this.#bytes += SLOT_BYTES;
        for (const tag of distinct) {
            let slots = this.#slotsByTag.get(tag);
            if (!slots) {
                slots = new Set();
                this.#slotsByTag.set(tag, slots);
                this.#bytes += TAG_BYTES + stringBytes(tag);
            }
            slots.add(slot);
            this.#bytes += PAIR_BYTES;
        }
    }
    remove(slot) {
        const tags = this.#tagsBySlot.get(slot);
        if (!tags)
            return;
        this.#tagsBySlot.delete(slot);
        this.#bytes -= SLOT_BYTES;
        for (const tag of tags) {
            const slots = this.#slotsByTag.get(tag);
            slots.delete(slot);
            this.#bytes -= PAIR_BYTES;
            if (slots.size > 0)
                continue;
            this.#slotsByTag.delete(tag);
            this.#bytes -= TAG_BYTES + stringBytes(tag);
        }
    }
    slotsOf(tag) {
        return [...(this.#slotsByTag.get(tag) ?? [])];
    }
    relocate(from, to) {
        const tags = this.#tagsBySlot.get(from);
        if (!tags)
            return;
        this.remove(from);
        this.set(to, tags);
    }
    clear() {
        this.#slotsByTag.clear();
        this.#tagsBySlot.clear();
        this.#bytes = 0;
    }
}
/** A Map's entry at worst (28 bytes × 4) and an array's head; a Set's entry at worst (20 × 4) and an array's word; a Set with its smallest table and a Map's entry. */
const SLOT_BYTES = 112 + 48;
const PAIR_BYTES = 80 + 8;
const TAG_BYTES = 112 + 32 + 152;
//# sourceMappingURL=tag-index.js.map