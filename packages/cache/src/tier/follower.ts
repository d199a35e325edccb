/** The truth has changed: of a key, of everything with a tag, or of all a cache holds. */
export interface Change {
  readonly kind: 'key' | 'tag' | 'all'
  /** The cache's name. */
  readonly cache: string
  /** The key or the tag; '' for all. */
  readonly name: string
  /** Who said so. */
  readonly origin: string
}

/** What to do about something that was heard. */
export type Heed = 'apply' | 'ignore' | 'poll'

/**
 * Follows the log of one partition. Messages make it quick, polls make it certain: only a poll proves that nothing was missed, up to
 * the instant at which it was sent. Decides, and cannot act.
 */
export class Follower {
  /** Null before the first poll. */
  life: string | null = null
  /** Number of the last change that was applied. */
  seq = 0
  /** Everything that was changed before this instant has been applied. */
  confirmedAtMs = -Infinity
  /** Whether a poll has been answered since a connection was lost last: only then is it known which server answers. */
  isTrusted = false

  /** A message, which may come late, twice, or not at all. */
  hear(life: string, seq: number): Heed {
    if (!this.isTrusted) return 'ignore'
    if (life !== this.life || seq > this.seq + 1) return 'poll'
    if (seq <= this.seq) return 'ignore'
    this.seq = seq
    return 'apply'
  }

  /**
   * The answer to a poll that asked for what came after `sinceSeq`. Answers the changes still to be applied, or null when some
   * cannot be known any more and everything has to go.
   */
  learn(reply: PollReply, { sinceSeq, sentAtMs }: { sinceSeq: number; sentAtMs: number }): readonly Change[] | null {
    const isSameLife = this.life === reply.life
    const isComplete = isSameLife && reply.changes.length === reply.seq - sinceSeq
    const news = isComplete ? reply.changes.slice(Math.max(0, this.seq - sinceSeq)) : null
    // Meanwhile messages may have told of more than the poll could know.
    this.seq = isSameLife ? Math.max(this.seq, reply.seq) : reply.seq
    this.life = reply.life
    this.confirmedAtMs = sentAtMs
    this.isTrusted = true
    return news
  }

  lose(): void {
    this.isTrusted = false
  }
}

export interface PollReply {
  readonly life: string
  readonly seq: number
  readonly changes: readonly Change[]
  /** The server's clock when it answered, epoch ms. */
  readonly serverMs: number
}

export function encodeChange({ origin, kind, cache, name }: Change): string {
  return JSON.stringify([origin, kind, cache, name])
}

/** Null for what is no change: somebody else writes to this log. */
export function parseChange(text: string): Change | null {
  try {
    const parts: unknown = JSON.parse(text)
    if (!Array.isArray(parts) || parts.length < 4 || !parts.every((part) => typeof part === 'string')) return null
    const [origin, kind, cache, name] = parts as [string, string, string, string]
    return kind === 'key' || kind === 'tag' || kind === 'all' ? { origin, kind, cache, name } : null
  } catch {
    return null
  }
}
