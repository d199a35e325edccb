/** The truth has changed: of a key, of everything with a tag, or of all a cache holds. */
export interface Change {
    readonly kind: 'key' | 'tag' | 'all';
    /** The cache's name. */
    readonly cache: string;
    /** The key or the tag; '' for all. */
    readonly name: string;
    /** Who said so. */
    readonly origin: string;
}
/** What to do about something that was heard. */
export type Heed = 'apply' | 'ignore' | 'poll';
/**
 * Follows the log of one partition. Messages make it quick, polls make it certain: only a poll proves that nothing was missed, up to
 * the instant at which it was sent. Decides, and cannot act.
 */
export declare class Follower {
    /** Null before the first poll. */
    life: string | null;
    /** Number of the last change that was applied. */
    seq: number;
    /** Everything that was changed before this instant has been applied. */
    confirmedAtMs: number;
    /** Whether a poll has been answered since a connection was lost last: only then is it known which server answers. */
    isTrusted: boolean;
    /** A message, which may come late, twice, or not at all. */
    hear(life: string, seq: number): Heed;
    /**
     * The answer to a poll that asked for what came after `sinceSeq`. Answers the changes still to be applied, or null when some
     * cannot be known any more and everything has to go.
     */
    learn(reply: PollReply, { sinceSeq, sentAtMs }: {
        sinceSeq: number;
        sentAtMs: number;
    }): readonly Change[] | null;
    lose(): void;
}
export interface PollReply {
    readonly life: string;
    readonly seq: number;
    readonly changes: readonly Change[];
    /** The server's clock when it answered, epoch ms. */
    readonly serverMs: number;
}
export declare function encodeChange({ origin, kind, cache, name }: Change): string;
/** Null for what is no change: somebody else writes to this log. */
export declare function parseChange(text: string): Change | null;
