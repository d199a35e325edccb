import { MapTable } from '../store/map-table.ts';
/**
 * Finds the slot of a key that has no short hash: a Map, whose table V8 makes anew from time to time, and what it weighs.
 *
 * When most of its keys are about to leave, they are not taken out of it one by one, which costs more than all the rest, and
 * at last some 50 ms at once where V8 makes a smaller table of a million keys: those who stay move to a new Map, as `move` is
 * called. A look-up that fails there asks the old one, and checks what it says.
 */
export declare class KeyMap<K> {
    #private;
    readonly table: MapTable;
    /** `isIn` tells whether the key still stands in the slot in which it once stood. */
    constructor(isIn: (key: K, slot: number) => boolean);
    get count(): number;
    get isMoving(): boolean;
    /** Of the Map's table, and of what an old Map still holds. */
    get bytes(): number;
    find(key: K): number;
    add(key: K, slot: number): void;
    /** `keyBytes` is what an old Map goes on holding. */
    remove(key: K, keyBytes: number): void;
    /** The key, which has moved to the Map of now if there was an old one, stands in another slot. */
    relocate(key: K, to: number): void;
    /** A Map without holes. Costs O(entries), so it is done when a quarter of the table has become holes, and only to save room. */
    rebuild(): void;
    startMoving(): void;
    /** Looks at so many keys of the old Map at most. Answers whether nobody has to move any more. */
    move(most: number): boolean;
}
