import type { CurvePoint } from './curve-sampler.ts';
/** One cache that wants a part of the budget. */
export interface Claim {
    readonly floorBytes: number;
    readonly ceilingBytes: number;
    /** What it would miss with other budgets; empty where nothing is known yet. */
    readonly curve: readonly CurvePoint[];
    /** What it is asked per period, times what a miss costs: what a miss ratio of 1 would lose. */
    readonly worth: number;
}
/** What a cache of so many bytes loses. Between the points of its curve as the crow flies; without memory everything. */
export declare function lossOf(claim: Claim, bytes: number): number;
export declare function missRatioAt(curve: readonly CurvePoint[], bytes: number): number;
/**
 * Hands a budget out so that as little as possible is lost in all: exactly, over parts of the budget, cliffs in the curves
 * included (a loop that nearly fits is worth nothing until it fits, which no step uphill would find). Every cache gets its
 * floor, none more than its ceiling; where the floors are more than the budget, they are cut alike. What is of no use to
 * anybody is shared out by ceiling, so that a cache that wakes up finds room.
 */
export declare function split(claims: readonly Claim[], budgetBytes: number): number[];
