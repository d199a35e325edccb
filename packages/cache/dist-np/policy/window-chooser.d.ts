/**
 * Finds out how large the window of W-TinyLFU should be, by trying: a few caches in miniature, each with another share,
 * see the same sample of keys as the real one, and the real one takes the share of the one that hits most. No share is good
 * everywhere: a loop wants next to none, a load that only knows what is recent wants it all (and gets plain LRU then).
 *
 * A cache of 10,000 entries that sees every key behaves like one of 64 that sees one key in 156, so a key takes part if its
 * hash lies below a threshold. The miniatures hold neither keys nor values, only hashes, in typed arrays: 15 KiB for a cache
 * of 64 entries or more, in proportion below. A key that takes part costs about 200 ns, any other a comparison.
 * @see Waldspurger, Saemundsson, Ahmad, Park. “Cache Modeling and Optimization using Miniature Simulations.” USENIX ATC 2017
 */
export declare class WindowChooser {
    static bytesAt(capacity: number): number;
    /** The share of the trial that hit most lately. */
    share: number;
    /** Keys whose hash is at most this take part: signed, so that a comparison of small integers decides. */
    threshold: number;
    private isFull;
    /** Whether the share is one that was found out. */
    private hasChosen;
    private ids;
    private trials;
    private sampleCount;
    /** As the miniatures know it. */
    private entryCount;
    /** There are so many slots now. What was learnt stays; the trials begin anew when their length changes. */
    resize(capacity: number): void;
    /** Somebody had to leave. Until then every share is as good as any other, and what the trials did counts for nothing. */
    begin(): void;
    /** A key that takes part was asked for, for the `count`-th time lately. */
    observe(hash: number, count: number): void;
    /**
     * To be called now and then with the number of entries: keeps the miniatures in proportion, and chooses. Answers whether
     * more keys take part now.
     */
    choose(entryCount: number): boolean;
    private chooseShare;
    /** As the counts of the real cache are halved. */
    halve(): void;
    clear(): void;
    /** The sample has become smaller: who does not take part any more would never be asked for, and never give way to a candidate. */
    private dropWhoLeft;
    private reset;
}
