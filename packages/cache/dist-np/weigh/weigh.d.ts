/**
 * Weighs what a value keeps alive, from the layouts that V8 gives its objects on 64-bit machines without pointer
 * compression (Node.js): every tagged word is 8 bytes, every object is a multiple of 8.
 *
 *   small integer, true, null …   0 beyond the word that holds it        number with a fraction   16
 *   string                        16 + 1 or 2 a character                bigint                   16 + 8 a 64-bit digit
 *   object, up to 19 properties   24 + 8 each, with the spare room that an object grown from {} has
 *   object, 20 and more           a hash table as it may have: 24 for each of the next power of two above 1.5 × count
 *   array                         48 + 8 an item, fractions + 16         Map, Set                 32 + its table
 *   bytes                         two objects and the whole underlying buffer
 *
 * Where the layout cannot be seen from JavaScript the heavier of the likely ones is charged. Some values keep more alive
 * than they show; these are *settled* first, which nobody can see from outside: a string that is a slice of a larger one or
 * a rope is given characters of its own, an array gives back the room that `push` reserved for more, an error writes its
 * stack down and lets the frames go. A view of less than half of its buffer is copied out of it.
 *
 * An object reachable twice in one value is charged once; the same object in two entries is charged in both.
 */
export declare class Weigher {
    #private;
    /** The value to keep: the one that was weighed, or an equal one that keeps less alive. */
    settled: unknown;
    /**
     * Bytes of a value, and afterwards what to keep in its place in `settled`. Stops early above `limitBytes`: it is too heavy
     * then, no matter how much.
     * @throws {@link UnweighableValueError} for a function, a host object, a class with private state
     */
    weigh(value: unknown, limitBytes?: number): number;
}
