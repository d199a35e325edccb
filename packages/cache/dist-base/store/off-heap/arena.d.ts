/** No record has this place: a slot that is not in use. */
export declare const NOWHERE = 4294967295;
/** The most that an arena can hold: places are 32-bit numbers of 8-byte units. */
export declare const LARGEST_ARENA_BYTES: number;
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
export declare class Arena {
    #private;
    readonly segmentBytes: number;
    /** Where each slot's record begins, in units through all segments; `NOWHERE` for none. */
    places: Uint32Array;
    /** After `open`: write the payload here, from `at` on. After `view`: read it here, from `at` up to `end`. Good until the next call. */
    bytes: Buffer;
    at: number;
    end: number;
    constructor(maxBytes: number);
    /** What it takes of the machine's memory. */
    get heldBytes(): number;
    /** Bytes of records. */
    get liveBytes(): number;
    /** Bytes of the table of pieces. */
    get tableBytes(): number;
    /** What the table of pieces will weigh with a record of so much payload more. */
    tableBytesAfter(payloadBytes: number): number;
    /** What it weighs with this record alone. */
    leastTableBytes(payloadBytes: number): number;
    /** Segments that fit into so many bytes. */
    segmentsWithin(bytes: number): number;
    /** Bytes of records that so many segments can hold, however they lie. */
    usableBytes(segmentCount: number): number;
    /** What a record costs: payload, heads, and what is left over of the last unit. */
    recordBytes(payloadBytes: number): number;
    /** There are `capacity` slots now; those above it have no record. */
    resize(capacity: number): void;
    /** Keeps to so many segments from now on; `liveBytes` must be within what they can hold. What is above gives its records to the others. */
    limit(segmentCount: number): void;
    /** Makes the record of a slot that has none: its payload is to be written to `bytes` from `at` on, then it is closed. */
    open(slot: number, payloadBytes: number): void;
    close(slot: number): void;
    /** Shows the payload of a slot. */
    view(slot: number): void;
    /**
     * Whether the payload begins with these words, the first of them but for its lowest bits. The words must be those of
     * whole keys: what follows a key is not looked at.
     */
    beginsWith(slot: number, words: Int32Array, count: number, freeBits: number): boolean;
    free(slot: number): void;
    /** The record of slot `from` is that of `to` now, which has none. */
    relocate(from: number, to: number): void;
    clear(): void;
}
