import { SlotRings } from "./slot-rings.js";
/** Who was not asked for the longest leaves first. Simple and quick; a scan or a loop larger than the cache empties it. */
export class Lru {
    #ring = new SlotRings(1);
    bytesAt(capacity) {
        return SlotRings.bytesAt(capacity, 1);
    }
    resize(capacity) {
        this.#ring.resize(capacity);
    }
    insert(slot) {
        this.#ring.addFirst(0, slot);
    }
    reweigh() { }
    hit(slot) {
        this.#ring.moveToFirst(0, slot);
    }
    remove(slot) {
        this.#ring.remove(slot);
    }
    victim() {
        return this.#ring.last(0);
    }
    relocate(from, to) {
        this.#ring.relocate(from, to);
    }
    clear() {
        this.#ring.clear();
    }
    *byUse() {
        for (let slot = this.#ring.first(0); slot >= 0; slot = this.#ring.after(slot))
            yield slot;
    }
}
//# sourceMappingURL=lru.js.map