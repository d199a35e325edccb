import { NONE, resized } from "../../policy/slot-rings.js";
import { KeyBytes } from "./key-bytes.js";
/** Words of one tag of one entry: its hash in two, its slot, the next and the one before in its bucket, the slot's next tag. */
const NODE_WORDS = 6;
const LOW = 0;
const HIGH = 1;
const SLOT = 2;
const NEXT = 3;
const PREVIOUS = 4;
const NEXT_OF_SLOT = 5;
const FIRST_NODES = 64;
/**
 * Finds the entries of a tag without an object an entry or a tag: tags are known by 64 bits of a keyed hash. That two tags meet
 * in them happens once in some 10¹⁹ pairs, and would only make entries leave that might have stayed.
 *
 * Costs 24 bytes for each tag of each entry and 4 to 8 for its bucket, and 4 a slot once any entry had a tag.
 */
export class TagTable {
    #names;
    /** By slot: its first node. */
    #firstOfSlot = new Int32Array(0);
    #nodes = new Int32Array(0);
    #buckets = new Int32Array(0);
    #nodeCount = 0;
    #free = NONE;
    #used = 0;
    #slotCapacity = 0;
    constructor(seed0, seed1) {
        this.#names = new KeyBytes(seed0, seed1);
    }
    /** What so many tags of one entry weigh, alone. */
    static leastBytes(tagCount, slotCapacity) {
        if (tagCount === 0)
            return 0;
        const capacity = nodesFor(tagCount);
        return 4 * (slotCapacity + capacity * NODE_WORDS + bucketsAt(capacity));
    }
    get bytes() {
        return this.#firstOfSlot.byteLength + this.#nodes.byteLength + this.#buckets.byteLength;
    }
    /** What it will weigh with so many tags more, and so many slots. */
    bytesAfter(tagCount, slotCapacity) {
        if (tagCount === 0 && this.#nodes.length === 0)
            return 0;
        const capacity = this.#capacityFor(this.#nodeCount + tagCount);
        return 4 * (slotCapacity + capacity * NODE_WORDS + bucketsAt(capacity));
    }
    resize(slotCapacity) {
        this.#slotCapacity = slotCapacity;
        if (this.#nodes.length > 0)
            this.#resizeSlots();
    }
    set(slot, tags) {
        this.remove(slot);
        if (tags.length === 0)
            return;
        const distinct = tags.length === 1 ? tags : [...new Set(tags)];
        const capacity = this.#capacityFor(this.#nodeCount + distinct.length);
        if (NODE_WORDS * capacity !== this.#nodes.length)
            this.#rebuild(capacity);
        for (const tag of distinct)
            this.#add(slot, ...this.#hash(tag));
    }
    remove(slot) {
        if (this.#nodes.length === 0)
            return;
        for (let node = this.#firstOfSlot[slot]; node !== NONE;) {
            const after = this.#nodes[node + NEXT_OF_SLOT];
            this.#unlink(node);
            this.#nodes[node + NEXT] = this.#free;
            this.#free = node;
            this.#nodeCount--;
            node = after;
        }
        this.#firstOfSlot[slot] = NONE;
    }
    slotsOf(tag) {
        const slots = [];
        if (this.#nodes.length === 0)
            return slots;
        const nodes = this.#nodes;
        const [low, high] = this.#hash(tag);
        for (let node = this.#buckets[low & (this.#buckets.length - 1)]; node !== NONE; node = nodes[node + NEXT]) {
            if (nodes[node + LOW] === low && nodes[node + HIGH] === high)
                slots.push(nodes[node + SLOT]);
        }
        return slots;
    }
    /** The slot `to` has no tags. */
    relocate(from, to) {
        if (this.#nodes.length === 0)
            return;
        const first = this.#firstOfSlot[from];
        this.#firstOfSlot[to] = first;
        this.#firstOfSlot[from] = NONE;
        for (let node = first; node !== NONE; node = this.#nodes[node + NEXT_OF_SLOT])
            this.#nodes[node + SLOT] = to;
    }
    /** Gives room back that is no longer in use. */
    trim() {
        if (this.#nodes.length === 0)
            return;
        if (this.#nodeCount === 0)
            this.clear();
        else if (this.#nodeCount * NODE_WORDS * 4 < this.#nodes.length)
            this.#rebuild(nodesFor(this.#nodeCount));
    }
    clear() {
        this.#firstOfSlot = this.#nodes = this.#buckets = new Int32Array(0);
        this.#nodeCount = this.#used = 0;
        this.#free = NONE;
    }
    #hash(tag) {
        this.#names.put(tag);
        return [this.#names.hash(), this.#names.hash(0x5bd1e995)];
    }
    #capacityFor(nodeCount) {
        const capacity = this.#nodes.length / NODE_WORDS;
        return nodeCount <= capacity ? capacity : nodesFor(nodeCount);
    }
    #resizeSlots() {
        const known = this.#firstOfSlot.length;
        this.#firstOfSlot = resized(this.#firstOfSlot, this.#slotCapacity);
        if (this.#slotCapacity > known)
            this.#firstOfSlot.fill(NONE, known);
    }
    /** Lays all nodes out anew, in another room. */
    #rebuild(capacity) {
        const old = this.#nodes;
        const firsts = this.#firstOfSlot;
        this.#nodes = new Int32Array(capacity * NODE_WORDS);
        this.#buckets = new Int32Array(bucketsAt(capacity)).fill(NONE);
        this.#nodeCount = this.#used = 0;
        this.#free = NONE;
        this.#firstOfSlot = new Int32Array(this.#slotCapacity).fill(NONE);
        for (let slot = 0; slot < firsts.length; slot++) {
            for (let node = firsts[slot]; node !== NONE; node = old[node + NEXT_OF_SLOT]) {
                this.#add(slot, old[node + LOW], old[node + HIGH]);
            }
        }
    }
    #add(slot, low, high) {
        const nodes = this.#nodes;
        let node = this.#free;
        if (node === NONE)
            node = NODE_WORDS * this.#used++;
        else
            this.#free = nodes[node + NEXT];
        const bucket = low & (this.#buckets.length - 1);
        const after = this.#buckets[bucket];
        nodes[node + LOW] = low;
        nodes[node + HIGH] = high;
        nodes[node + SLOT] = slot;
        nodes[node + NEXT] = after;
        nodes[node + PREVIOUS] = NONE;
        nodes[node + NEXT_OF_SLOT] = this.#firstOfSlot[slot];
        if (after !== NONE)
            nodes[after + PREVIOUS] = node;
        this.#buckets[bucket] = node;
        this.#firstOfSlot[slot] = node;
        this.#nodeCount++;
    }
    #unlink(node) {
        const nodes = this.#nodes;
        const before = nodes[node + PREVIOUS];
        const after = nodes[node + NEXT];
        if (before === NONE)
            this.#buckets[nodes[node + LOW] & (this.#buckets.length - 1)] = after;
        else
            nodes[before + NEXT] = after;
        if (after !== NONE)
            nodes[after + PREVIOUS] = before;
    }
}
function nodesFor(nodeCount) {
    return Math.max(FIRST_NODES, Math.ceil(nodeCount * 1.5));
}
function bucketsAt(capacity) {
    return 2 ** Math.ceil(Math.log2(capacity));
}
//# sourceMappingURL=tag-table.js.map