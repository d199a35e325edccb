/**
 * Whether to ask a neighbour that may be down. Closed: ask. Open: do not even try, for a while. Half-open: one trial, made by
 * nobody's request, decides.
 */
export type BreakerState = 'closed' | 'open' | 'half-open';
/** An event without a cell is late, and changes nothing. */
export declare const breakerTransitions: {
    readonly closed: {
        readonly broke: "open";
    };
    readonly open: {
        readonly cooled: "half-open";
    };
    readonly 'half-open': {
        readonly answered: "closed";
        readonly failed: "open";
    };
};
export interface BreakerOptions {
    /** Time in ms without asking after the breaker has opened; doubles each time the trial fails, up to `maxCooldownMs`. */
    cooldownMs: number;
    maxCooldownMs: number;
}
/** Counts what it is told; it has no clock and no timer of its own. */
export declare class CircuitBreaker {
    #private;
    constructor(options: BreakerOptions);
    get state(): BreakerState;
    get openCount(): number;
    answered(nowMs: number): void;
    failed(nowMs: number): void;
    /** Whether the one trial may be made now; it is made once this has answered true. */
    startTrial(nowMs: number): boolean;
}
