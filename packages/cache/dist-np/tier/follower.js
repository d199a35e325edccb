/**
 * Follows the log of one partition. Messages make it quick, polls make it certain: only a poll proves that nothing was missed, up to
 * the instant at which it was sent. Decides, and cannot act.
 */
export class Follower {
    /** Null before the first poll. */
    life = null;
    /** Number of the last change that was applied. */
    seq = 0;
    /** Everything that was changed before this instant has been applied. */
    confirmedAtMs = -Infinity;
    /** Whether a poll has been answered since a connection was lost last: only then is it known which server answers. */
    isTrusted = false;
    /** A message, which may come late, twice, or not at all. */
    hear(life, seq) {
        if (!this.isTrusted)
            return 'ignore';
        if (life !== this.life || seq > this.seq + 1)
            return 'poll';
        if (seq <= this.seq)
            return 'ignore';
        this.seq = seq;
        return 'apply';
    }
    /**
     * The answer to a poll that asked for what came after `sinceSeq`. Answers the changes still to be applied, or null when some
     * cannot be known any more and everything has to go.
     */
    learn(reply, { sinceSeq, sentAtMs }) {
        const isSameLife = this.life === reply.life;
        const isComplete = isSameLife && reply.changes.length === reply.seq - sinceSeq;
        const news = isComplete ? reply.changes.slice(Math.max(0, this.seq - sinceSeq)) : null;
        // Meanwhile messages may have told of more than the poll could know.
        this.seq = isSameLife ? Math.max(this.seq, reply.seq) : reply.seq;
        this.life = reply.life;
        this.confirmedAtMs = sentAtMs;
        this.isTrusted = true;
        return news;
    }
    lose() {
        this.isTrusted = false;
    }
}
export function encodeChange({ origin, kind, cache, name }) {
    return JSON.stringify([origin, kind, cache, name]);
}
/** Null for what is no change: somebody else writes to this log. */
export function parseChange(text) {
    try {
        const parts = JSON.parse(text);
        if (!Array.isArray(parts) || parts.length < 4 || !parts.every((part) => typeof part === 'string'))
            return null;
        const [origin, kind, cache, name] = parts;
        return kind === 'key' || kind === 'tag' || kind === 'all' ? { origin, kind, cache, name } : null;
    }
    catch {
        return null;
    }
}
//# sourceMappingURL=follower.js.map