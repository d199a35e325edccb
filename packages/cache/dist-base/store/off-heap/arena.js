import { resized } from "../../policy/slot-rings.js";
/** No record has this place: a slot that is not in use. */
export const NOWHERE = 0xffff_ffff;
/** The most that an arena can hold: places are 32-bit numbers of 8-byte units. */
export const LARGEST_ARENA_BYTES = 2 ** 35 - 2 ** 20;
const UNIT_BYTES = 8;
/** Words of a piece's head: whose it is, the piece after it, its length in units, and the bytes of payload in it. */
const HEAD_WORDS = 4;
const HEAD_BYTES = 4 * HEAD_WORDS;
const NONE = -1;
/** Whose: nobody's any more. A slot is itself, the piece `id` of a longer record is `FIRST_PIECE - id`. */
const DEAD = -1;
const FIRST_PIECE = -2;
const LEAST_SEGMENT_BYTES = 4096;
const LARGEST_SEGMENT_BYTES = 2 ** 20;
const SEGMENTS_AT_LEAST = 32;
/** One part of so many stays free, and no piece is longer than that part: then some segment always has room for one. */
const RESERVE_PARTS = 16;
/** What a segment costs beside its bytes: two views, their buffer and its allocation, measured on Node.js 20. */
const SEGMENT_OBJECT_BYTES = 640;
/**
 * Keeps records of any length outside V8's heap, in segments of one length each, within a number of segments: a log that is
 * compacted in place.
 *
 *   segment   │ piece │ dead │ piece │ piece │ dead │ free ········│      a piece is   owner · next · units · bytes · payload
 *
 * A record is written behind the last one. When no segment has room, the one with the most dead room slides its pieces
 * together. As one part in sixteen is never given out and no piece is longer than that part of a segment, the emptiest
 * segment always has room for the next piece: fragmentation costs that sixteenth and never more, whatever the lengths, and no
 * allocation can fail while `liveBytes` is within `usableBytes`. Longer records are a chain of pieces.
 *
 * The garbage collector sees three objects a segment and none a record.
 * @see Rosenblum, Ousterhout. “The Design and Implementation of a Log-Structured File System.” ACM TOCS 10(1), 1992
 * @see Rumble, Kejriwal, Ousterhout. “Log-structured Memory for DRAM-based Storage.” FAST 2014
 */
export class Arena {
    segmentBytes;
    /** Where each slot's record begins, in units through all segments; `NOWHERE` for none. */
    places = new Uint32Array(0);
    /** After `open`: write the payload here, from `at` on. After `view`: read it here, from `at` up to `end`. Good until the next call. */
    bytes = noBytes;
    at = 0;
    end = 0;
    #unitsPerSegment;
    /** From a place to the number of its segment. */
    #segmentShift;
    #largestPayload;
    #segments = [];
    #segmentCount = 0;
    #mostSegments = 0;
    #liveUnits = 0;
    #current = NONE;
    /** Places of the pieces after the first; for a free one, the next free one. */
    #pieces = new Uint32Array(0);
    #freePiece = NOWHERE;
    #freePieces = 0;
    /** Pieces from here on were never used. */
    #usedPieces = 0;
    /** A long record while it is written. */
    #opened = null;
    constructor(maxBytes) {
        const segmentBytes = 2 ** Math.floor(Math.log2(maxBytes / SEGMENTS_AT_LEAST));
        this.segmentBytes = Math.min(LARGEST_SEGMENT_BYTES, Math.max(LEAST_SEGMENT_BYTES, segmentBytes));
        this.#unitsPerSegment = this.segmentBytes / UNIT_BYTES;
        this.#segmentShift = Math.log2(this.#unitsPerSegment);
        this.#largestPayload = this.segmentBytes / RESERVE_PARTS - HEAD_BYTES;
    }
    /** What it takes of the machine's memory. */
    get heldBytes() {
        return this.#segmentCount * (this.segmentBytes + SEGMENT_OBJECT_BYTES) + this.tableBytes;
    }
    /** Bytes of records. */
    get liveBytes() {
        return this.#liveUnits * UNIT_BYTES;
    }
    /** Bytes of the table of pieces. */
    get tableBytes() {
        return this.#pieces.byteLength;
    }
    /** What the table of pieces will weigh with a record of so much payload more. */
    tableBytesAfter(payloadBytes) {
        const newCount = Math.max(0, this.#pieceCount(payloadBytes) - this.#freePieces);
        if (this.#usedPieces + newCount <= this.#pieces.length)
            return this.tableBytes;
        return 4 * pieceCapacity(this.#usedPieces + newCount);
    }
    /** What it weighs with this record alone. */
    leastTableBytes(payloadBytes) {
        const count = this.#pieceCount(payloadBytes);
        return count === 0 ? 0 : 4 * pieceCapacity(count);
    }
    /** Segments that fit into so many bytes. */
    segmentsWithin(bytes) {
        return Math.max(0, Math.floor(bytes / (this.segmentBytes + SEGMENT_OBJECT_BYTES)));
    }
    /** Bytes of records that so many segments can hold, however they lie. */
    usableBytes(segmentCount) {
        return segmentCount * (this.segmentBytes - this.segmentBytes / RESERVE_PARTS);
    }
    /** What a record costs: payload, heads, and what is left over of the last unit. */
    recordBytes(payloadBytes) {
        const wholeCount = Math.floor(payloadBytes / this.#largestPayload);
        const rest = payloadBytes - wholeCount * this.#largestPayload;
        const wholeBytes = wholeCount * (this.#largestPayload + HEAD_BYTES);
        return rest === 0 && wholeCount > 0 ? wholeBytes : wholeBytes + UNIT_BYTES * unitsOf(rest);
    }
    /** There are `capacity` slots now; those above it have no record. */
    resize(capacity) {
        const known = this.places.length;
        this.places = resized(this.places, capacity);
        if (capacity > known)
            this.places.fill(NOWHERE, known);
    }
    /** Keeps to so many segments from now on; `liveBytes` must be within what they can hold. What is above gives its records to the others. */
    limit(segmentCount) {
        this.#mostSegments = segmentCount;
        while (this.#segmentCount > segmentCount)
            this.#evacuate(this.#emptiest());
    }
    /** Makes the record of a slot that has none: its payload is to be written to `bytes` from `at` on, then it is closed. */
    open(slot, payloadBytes) {
        if (payloadBytes <= this.#largestPayload) {
            this.places[slot] = this.#write(slot, NONE, payloadBytes);
            this.at += HEAD_BYTES;
        }
        else {
            this.bytes = this.#opened = scratch(payloadBytes);
            this.at = 0;
        }
        this.end = this.at + payloadBytes;
    }
    close(slot) {
        const payload = this.#opened;
        if (payload === null)
            return;
        this.#opened = null;
        const length = this.end;
        // From behind, so that each piece knows the one after it.
        let from = Math.floor((length - 1) / this.#largestPayload) * this.#largestPayload;
        let next = NONE;
        for (let end = length; end > 0; end = from, from -= this.#largestPayload) {
            const id = from === 0 ? NONE : this.#takePiece();
            const place = this.#write(id === NONE ? slot : FIRST_PIECE - id, next, end - from);
            payload.copy(this.bytes, this.at + HEAD_BYTES, from, end);
            if (id === NONE)
                this.places[slot] = place;
            else
                this.#pieces[id] = place;
            next = id;
        }
    }
    /** Shows the payload of a slot. */
    view(slot) {
        const segment = this.#locate(this.places[slot]);
        const word = this.at >> 2;
        if (segment.words[word + 1] === NONE) {
            this.bytes = segment.bytes;
            this.at += HEAD_BYTES;
            this.end = this.at + segment.words[word + 3];
        }
        else
            this.#gather(slot);
    }
    /**
     * Whether the payload begins with these words, the first of them but for its lowest bits. The words must be those of
     * whole keys: what follows a key is not looked at.
     */
    beginsWith(slot, words, count, freeBits) {
        const segment = this.#locate(this.places[slot]);
        const from = this.at >> 2;
        if (segment.words[from + 3] >= 4 * count)
            return isEqual(segment.words, from + HEAD_WORDS, words, count, freeBits);
        if (segment.words[from + 1] === NONE)
            return false;
        this.#gather(slot);
        if (this.end < 4 * count)
            return false;
        const copy = new Int32Array(count);
        this.bytes.copy(Buffer.from(copy.buffer), 0, 0, 4 * count);
        return isEqual(copy, 0, words, count, freeBits);
    }
    free(slot) {
        let place = this.places[slot];
        this.places[slot] = NOWHERE;
        for (;;) {
            const segment = this.#locate(place);
            const word = this.at >> 2;
            const units = segment.words[word + 2];
            const next = segment.words[word + 1];
            segment.words[word] = DEAD;
            segment.liveUnits -= units;
            this.#liveUnits -= units;
            if (segment.liveUnits === 0)
                segment.usedUnits = 0;
            if (next === NONE)
                return;
            place = this.#pieces[next];
            this.#pieces[next] = this.#freePiece;
            this.#freePiece = next;
            this.#freePieces++;
        }
    }
    /** The record of slot `from` is that of `to` now, which has none. */
    relocate(from, to) {
        const place = (this.places[to] = this.places[from]);
        this.places[from] = NOWHERE;
        this.#locate(place).words[this.at >> 2] = to;
    }
    clear() {
        for (const segment of this.#segments)
            if (segment !== null)
                release(segment);
        this.#segments.length = 0;
        this.#segmentCount = this.#liveUnits = this.#usedPieces = this.#freePieces = 0;
        this.#current = NONE;
        this.#pieces = new Uint32Array(0);
        this.#freePiece = NOWHERE;
        this.places.fill(NOWHERE);
        this.bytes = noBytes;
    }
    /** Finds the segment of a place; `at` is the byte in it. */
    #locate(place) {
        this.at = (place & (this.#unitsPerSegment - 1)) * UNIT_BYTES;
        return this.#segments[place >>> this.#segmentShift];
    }
    #gather(slot) {
        let length = 0;
        for (let place = this.places[slot]; place !== NOWHERE; place = this.#nextPlace(place)) {
            length += this.#locate(place).words[(this.at >> 2) + 3];
        }
        const whole = scratch(length);
        let to = 0;
        for (let place = this.places[slot]; place !== NOWHERE; place = this.#nextPlace(place)) {
            const segment = this.#locate(place);
            const from = this.at + HEAD_BYTES;
            to += segment.bytes.copy(whole, to, from, from + segment.words[(this.at >> 2) + 3]);
        }
        this.bytes = whole;
        this.at = 0;
        this.end = length;
    }
    #nextPlace(place) {
        const next = this.#locate(place).words[(this.at >> 2) + 1];
        return next === NONE ? NOWHERE : this.#pieces[next];
    }
    /** Writes the head of a piece, and answers its place. */
    #write(owner, next, payloadBytes) {
        const units = unitsOf(payloadBytes);
        const index = this.#segmentWithRoom(units, NONE);
        const segment = this.#segments[index];
        const unit = segment.usedUnits;
        const word = 2 * unit;
        segment.usedUnits += units;
        segment.liveUnits += units;
        this.#liveUnits += units;
        segment.words[word] = owner;
        segment.words[word + 1] = next;
        segment.words[word + 2] = units;
        segment.words[word + 3] = payloadBytes;
        this.bytes = segment.bytes;
        this.at = unit * UNIT_BYTES;
        return index * this.#unitsPerSegment + unit;
    }
    #segmentWithRoom(units, except) {
        const current = this.#current;
        if (current !== NONE && current !== except && this.#hasRoom(this.#segments[current], units))
            return current;
        const emptiest = this.#emptiest(except);
        const most = this.#unitsPerSegment;
        // Rather tidy up a segment that is half empty than take more memory; but take it, rather than move much for little.
        const isEmpty = emptiest !== NONE && this.#segments[emptiest].liveUnits <= most / 2;
        if (!isEmpty && this.#segmentCount < this.#mostSegments)
            return (this.#current = this.#addSegment());
        this.#compact(emptiest);
        return (this.#current = emptiest);
    }
    #hasRoom(segment, units) {
        return segment.usedUnits + units <= this.#unitsPerSegment;
    }
    #emptiest(except = NONE) {
        let best = NONE;
        let leastUnits = Infinity;
        for (let index = 0; index < this.#segments.length; index++) {
            const segment = this.#segments[index];
            if (segment === null || segment === undefined || index === except || segment.liveUnits >= leastUnits)
                continue;
            best = index;
            leastUnits = segment.liveUnits;
        }
        return best;
    }
    #addSegment() {
        const memory = new ArrayBuffer(this.segmentBytes);
        const segment = { words: new Int32Array(memory), bytes: Buffer.from(memory), usedUnits: 0, liveUnits: 0 };
        let index = this.#segments.indexOf(null);
        if (index === NONE)
            index = this.#segments.length;
        this.#segments[index] = segment;
        this.#segmentCount++;
        return index;
    }
    /** Slides the pieces of a segment together; those that lie side by side move as one. */
    #compact(index) {
        const segment = this.#segments[index];
        const { words, usedUnits } = segment;
        if (segment.liveUnits === usedUnits)
            return;
        const base = index * this.#unitsPerSegment;
        let toUnit = 0;
        for (let unit = 0; unit < usedUnits;) {
            const runStart = unit;
            let owner = NONE;
            while (unit < usedUnits && (owner = words[2 * unit]) !== DEAD) {
                this.#setPlace(owner, base + toUnit + (unit - runStart));
                unit += words[2 * unit + 2];
            }
            if (unit > runStart) {
                if (toUnit !== runStart)
                    words.copyWithin(2 * toUnit, 2 * runStart, 2 * unit);
                toUnit += unit - runStart;
            }
            else
                unit += words[2 * unit + 2];
        }
        segment.usedUnits = toUnit;
    }
    /** Moves every piece of a segment to the others, and lets it go. */
    #evacuate(index) {
        const segment = this.#segments[index];
        if (this.#current === index)
            this.#current = NONE;
        for (let unit = 0; unit < segment.usedUnits;) {
            const word = 2 * unit;
            const units = segment.words[word + 2];
            const owner = segment.words[word];
            if (owner !== DEAD) {
                const target = this.#segmentWithRoom(units, index);
                const { words, usedUnits } = this.#segments[target];
                words.set(segment.words.subarray(word, word + 2 * units), 2 * usedUnits);
                this.#setPlace(owner, target * this.#unitsPerSegment + usedUnits);
                this.#segments[target].usedUnits += units;
                this.#segments[target].liveUnits += units;
            }
            unit += units;
        }
        release(segment);
        this.#segments[index] = null;
        this.#segmentCount--;
    }
    #setPlace(owner, place) {
        if (owner >= 0)
            this.places[owner] = place;
        else
            this.#pieces[FIRST_PIECE - owner] = place;
    }
    #pieceCount(payloadBytes) {
        return payloadBytes <= this.#largestPayload ? 0 : Math.ceil(payloadBytes / this.#largestPayload) - 1;
    }
    #takePiece() {
        const id = this.#freePiece;
        if (id !== NOWHERE) {
            this.#freePiece = this.#pieces[id];
            this.#freePieces--;
            return id;
        }
        if (this.#usedPieces === this.#pieces.length)
            this.#pieces = resized(this.#pieces, pieceCapacity(this.#usedPieces + 1));
        return this.#usedPieces++;
    }
}
const noBytes = Buffer.alloc(0);
function unitsOf(payloadBytes) {
    return Math.ceil((HEAD_BYTES + payloadBytes) / UNIT_BYTES);
}
function pieceCapacity(count) {
    return Math.max(16, 2 ** Math.ceil(Math.log2(count)));
}
function isEqual(held, from, words, count, freeBits) {
    if ((held[from] ^ words[0]) >>> freeBits !== 0)
        return false;
    for (let at = 1; at < count; at++)
        if (held[from + at] !== words[at])
            return false;
    return true;
}
/** Newer Node.js can give the memory back at once; older leaves it to the next collection. */
function release(segment) {
    ;
    segment.words.buffer.transfer?.(0);
}
/** Long records pass through here; shared by all arenas of the thread, as nothing lives in it from one call to the next. */
let shared = Buffer.alloc(0);
const LARGEST_SHARED_BYTES = 65_536;
function scratch(length) {
    if (length > LARGEST_SHARED_BYTES)
        return Buffer.allocUnsafeSlow(length);
    if (shared.length === 0)
        shared = Buffer.allocUnsafeSlow(LARGEST_SHARED_BYTES);
    return shared;
}
//# sourceMappingURL=arena.js.map