import type { Clock } from '@plimsoll/core';
/** One load under way. Whoever asks for its key meanwhile waits for the same outcome. */
export interface Flight<V> {
    /** Settles with the load, its time-out, or its abort. Never unhandled: somebody always looks at it. */
    readonly outcome: Promise<V>;
    /** Fires when the load is given up. */
    readonly abort: (reason: unknown) => void;
    waiterCount: number;
    /** Nobody waits, and that is meant: a refresh behind a stale value. */
    isBehind: boolean;
    /** A newer truth has come: the outcome goes to those who wait, and nowhere else. */
    isOvertaken: boolean;
    /** Tags that were invalidated since the load began. */
    overtakenTags: Set<string> | null;
}
/** The start of a load, told when to give up. Answers or throws at once, or later. */
export type Start<V> = (flight: FlightControls) => Promise<V> | V;
export interface FlightControls {
    readonly abortSignal: AbortSignal;
    /** Whether the outcome may be kept under these tags. */
    mayKeep(tags: readonly string[] | undefined): boolean;
}
/**
 * Lets one load serve all who ask for a key while it runs: value, rejection, time-out and abort reach every waiter alike.
 * There are never more loads than callers that wait, plus one for each entry that is refreshed behind its back.
 */
export declare class SingleFlight<K, V> {
    #private;
    constructor({ clock, timeoutMs }: {
        clock: Clock;
        timeoutMs: number;
    });
    /** Waits for the load of `key`, starting it if none is under way. A waiter's own abort signal lets that waiter leave; the last one out aborts the load. */
    join(key: K, start: Start<V>, abortSignal?: AbortSignal): Promise<V>;
    /** Loads behind a stale value, unless a load is under way. Answers whether one was started. */
    refresh(key: K, start: Start<V>): boolean;
    /** The key has a newer truth: the load under way may answer its waiters, but the next caller starts another. */
    overtake(key: K): void;
    overtakeAll(): void;
    overtakeTag(tag: string): void;
}
