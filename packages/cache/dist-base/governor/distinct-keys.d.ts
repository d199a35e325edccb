/**
 * Counts the keys that were asked for, each once, in all and among those that a sample takes: whoever samples one key in eight gets a
 * little more or less than an eighth of them, and every estimate that is scaled up by eight errs by as much. Each key sets one bit of
 * a row; how many bits are set tells how many keys there were, to half a per cent while there are no more of them than bits, and
 * to a few per cent with six times as many. Costs 20 KiB, and a few nanoseconds for a key.
 * @see Whang, Vander-Zanden, Taylor. “A linear-time probabilistic counting algorithm for database applications.” ACM TODS 15(2), 1990
 */
export declare class DistinctKeys {
    #private;
    /** @param hash a signed 32-bit number; a sample takes the least ones */
    add(hash: number): void;
    closePeriod(kept: number): void;
    /**
     * For one key in 2, in 4 …: the share of the keys that really is in such a sample, by the share that ought to be. The first is that of all keys: 1.
     * NaN where a sample has few keys: nothing can be told.
     */
    biases(leastKeys: number): number[];
    /** As above, of this period alone. */
    biasesOfPeriod(leastKeys: number): number[];
}
