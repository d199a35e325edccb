/** Shortest string that V8 makes by reference to others: a slice of a parent, or a rope of two halves. */
export declare const SHORTEST_REFERENCE = 13;
/**
 * Bytes of a string that owns its characters: a header of 16 and one or two bytes a character, in words of eight.
 * A string with a character above U+00FF takes two bytes for each. Of the empty string, and of each of one narrow character, V8
 * has one for all.
 */
export declare function stringBytes(text: string, isWide?: boolean): number;
/** Whether a character takes two bytes. V8 knows that a string of one-byte characters cannot match: next to nothing for those. */
export declare function isWideString(text: string): boolean;
/** An equal string that owns its characters, one byte each where that is possible: a fifth of what JSON.stringify costs. */
export declare function detachedCopy(text: string, isWide?: boolean): string;
/**
 * Makes a string own its characters where it cannot be exchanged, three times as slowly: V8 replaces a string that becomes
 * the name of a property by its interned copy, wherever it stands, and lets its parent or its halves go.
 */
export declare function detachInPlace(text: string): void;
