import { PlimsollError, type Clock } from '@plimsoll/core';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { RedisLink, Script } from './redis-link.ts';
/** Redis was not asked, did not answer in time, or answered with an error. Callers go on without it; users never see this. */
export declare class TierUnavailableError extends PlimsollError {
    constructor(why: string, options?: {
        cause?: unknown;
    });
}
/** Waits so long and no longer. */
export declare function within<T>(clock: Clock, spanMs: number, promise: Promise<T>): Promise<T>;
/** Asks a server that may be down, hung or slow: within a time-out, a bound on what is under way, and a breaker. */
export declare class Asker {
    #private;
    /** Connections lost so far. An answer that was asked for before a loss is no answer. */
    lossCount: number;
    askCount: number;
    timeoutCount: number;
    failureCount: number;
    lastFailure: string | null;
    /** Called after each failure: whoever makes the trials looks sooner. */
    onFailure: () => void;
    constructor(link: RedisLink, options: {
        clock: Clock;
        timeoutMs: number;
        maxInFlight: number;
    });
    /** @throws {@link TierUnavailableError} after no more than the time-out, or what is left of it */
    ask(breaker: CircuitBreaker, script: Script, keys: readonly string[], args: readonly (string | Buffer | number)[], { spanMs, isTrial }?: {
        spanMs?: number;
        isTrial?: boolean;
    }): Promise<unknown>;
}
