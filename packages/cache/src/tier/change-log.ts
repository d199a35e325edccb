import { randomBytes } from 'node:crypto'
import type { Timer } from '@plimsoll/core'
import { type Asker, TierUnavailableError, within } from './asker.ts'
import { ChangeQueue } from './change-queue.ts'
import { ChangeSender, type Write } from './change-sender.ts'
import { parseChange, type Change, type PollReply } from './follower.ts'
import type { ResolvedTierOptions } from './options.ts'
import { createPartitions, partitionOf, type Partition } from './partition.ts'
import type { RedisLink } from './redis-link.ts'
import { pollScript } from './scripts.ts'

/**
 * What became of a change: `delivered`, and the bound on staleness counts from now; or `queued`, as Redis cannot be reached: this
 * process heeds it, the others hear of it when Redis answers again.
 */
export type Delivery = 'delivered' | 'queued'

/** Who holds copies and has to hear of changes. */
export interface CopyHolder {
  /** The truth has changed; what is being loaded or written just now is older than that. */
  heed(change: Change): void
  /** Nothing here can be trusted any more. */
  dropAll(): void
}

/** The most that one poll answers; a process that missed more starts afresh, which is quicker. */
const MOST_NEWS = 2000
/** How soon what has failed is tried again. */
const RETRY_MS = 50
/** A connection on which nothing was answered for so long is made anew: its other end may be gone without a word. */
const SILENCE_MS = 5000
/** Polls in a row that knew more than messages had told: messages do not come. */
const UNTOLD_POLLS = 3

/**
 * Tells everybody what has changed, and follows what others tell. Each partition has a log in Redis; messages bring news at once,
 * polls make up for messages that were lost, and prove up to which instant nothing was missed.
 */
export class ChangeLog {
  /** Who we are, so that we need not heed ourselves. */
  readonly origin = randomBytes(9).toString('base64url')
  readonly partitions: readonly Partition[]
  readonly #options: ResolvedTierOptions
  readonly #link: RedisLink
  readonly #asker: Asker
  readonly #holders = new Map<string, CopyHolder>()
  readonly #pollMs: number
  readonly #queue: ChangeQueue
  readonly #sender: ChangeSender
  #timer: Timer | null = null
  #dueMs = Infinity
  #isTicking = false
  #isStopped = false
  /** The earliest confirmation among the partitions that are followed. */
  #oldestConfirmedMs = Infinity
  #answeredAtMs: number
  #messageAtMs: number
  #untoldPolls = 0
  #tellFirstPoll!: () => void
  /** Settles when Redis has been reached for the first time. */
  readonly firstPoll = new Promise<void>((resolve) => (this.#tellFirstPoll = resolve))
  pollCount = 0
  changeCount = 0
  freshStartCount = 0
  suspendCount = 0

  constructor(options: ResolvedTierOptions, link: RedisLink, asker: Asker, channel: string) {
    this.#options = options
    this.#link = link
    this.#asker = asker
    this.#pollMs = Math.max(10, Math.floor(options.staleBoundMs / 4))
    this.partitions = createPartitions(options.namespace, options.partitions)
    this.#queue = new ChangeQueue(options.maxQueued)
    this.#sender = new ChangeSender(options, asker, this.partitions, channel, (at, spanMs) => this.lifeOf(at, spanMs))
    this.#answeredAtMs = this.#messageAtMs = options.clock.monotonicMs()
    asker.onFailure = () => this.#schedule(RETRY_MS)
    this.#schedule(0)
  }

  follow(cache: string, holder: CopyHolder): void {
    this.#holders.set(cache, holder)
  }

  unfollow(cache: string): void {
    this.#holders.delete(cache)
  }

  get queuedCount(): number {
    return this.#queue.size
  }

  /** Whether copies of this partition are confirmed within the bound. Where they are not any more, they go, now. */
  isFollowed(partition: Partition): boolean {
    if (this.#options.clock.monotonicMs() - this.#oldestConfirmedMs > this.#options.staleBoundMs) this.#suspend()
    return !partition.isSuspended
  }

  /** Whether Redis still has what we know to be changed. */
  isQueued(cache: string, key: string): boolean {
    return this.#queue.covers(cache, key)
  }

  /** The life under which the entries of a partition are named; asks for it where it is not known for certain. */
  async lifeOf(partition: Partition, spanMs: number): Promise<string> {
    const { follower, breaker } = partition
    if (!follower.isTrusted) {
      if (breaker.state !== 'closed') throw new TierUnavailableError('it has failed too often lately')
      await within(this.#options.clock, spanMs, this.poll(partition))
    }
    if (follower.life === null) throw new TierUnavailableError('it was just lost')
    return follower.life
  }

  /** Delivers a change to Redis and to everybody, or queues it. Takes no longer than the time-out. */
  async tell(change: Change, write?: Write): Promise<Delivery> {
    try {
      await this.#sender.send(change, write)
      return 'delivered'
    } catch {
      if (!this.#isStopped) this.#queue.add(change)
      this.#schedule(RETRY_MS)
      return 'queued'
    }
  }

  /** A message from the channel: life, number, partition, change. */
  hear(text: string): void {
    const [life, seq, index, ...rest] = text.split(' ') as [string, string, string, ...string[]]
    const partition = this.partitions[Number(index)]
    const change = parseChange(rest.join(' '))
    if (!partition || !change) return
    this.#messageAtMs = this.#options.clock.monotonicMs()
    const heed = partition.follower.hear(life, Number(seq))
    if (heed === 'apply') this.#apply(change)
    else if (heed === 'poll') this.poll(partition).catch(() => {})
  }

  lost(): void {
    for (const { follower } of this.partitions) follower.lose()
    this.#schedule(RETRY_MS)
  }

  ready(): void {
    this.#schedule(0)
  }

  /** Asks for news; one poll a partition at a time. */
  poll(partition: Partition): Promise<void> {
    partition.poll ??= this.#poll(partition).finally(() => (partition.poll = null))
    return partition.poll
  }

  /** Delivers what is queued if that works at once. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#queue.flush((change) => this.#sender.send(change))
  }

  partitionOf(cache: string, key: string): Partition {
    return partitionOf(this.partitions, cache, key)
  }

  async #poll(partition: Partition): Promise<void> {
    const { follower, breaker, stateKey, logKey } = partition
    const sentAtMs = this.#options.clock.monotonicMs()
    const sinceSeq = follower.seq
    const isTrial = breaker.state === 'half-open'
    const args = [randomBytes(9).toString('base64url'), follower.life ?? '', sinceSeq, MOST_NEWS]
    const reply = parsePollReply(await this.#asker.ask(breaker, pollScript, [stateKey, logKey], args, { isTrial }))
    this.pollCount++
    this.#tellFirstPoll()
    this.#answeredAtMs = this.#options.clock.monotonicMs()
    partition.serverAheadMs = reply.serverMs - this.#answeredAtMs
    const isFirst = follower.life === null
    const news = follower.learn(reply, { sinceSeq, sentAtMs })
    partition.isSuspended = false
    this.#oldestConfirmedMs = this.#findOldestConfirmed()
    if (news) for (const change of news) this.#apply(change)
    // What was kept before the first poll lives no longer than the bound anyway.
    else if (!isFirst) this.#startAfresh()
    this.#checkMessages(news?.some(({ origin }) => origin !== this.origin) ?? false)
  }

  #apply(change: Change): void {
    this.changeCount++
    if (change.origin !== this.origin) this.#holders.get(change.cache)?.heed(change)
  }

  #startAfresh(): void {
    this.freshStartCount++
    for (const holder of this.#holders.values()) holder.dropAll()
  }

  #suspend(): void {
    const latestMs = this.#options.clock.monotonicMs() - this.#options.staleBoundMs
    for (const partition of this.partitions) {
      if (partition.follower.confirmedAtMs < latestMs) partition.isSuspended = true
    }
    this.#oldestConfirmedMs = this.#findOldestConfirmed()
    this.suspendCount++
    for (const holder of this.#holders.values()) holder.dropAll()
  }

  #findOldestConfirmed(): number {
    return Math.min(
      ...this.partitions.filter(({ isSuspended }) => !isSuspended).map(({ follower }) => follower.confirmedAtMs),
    )
  }

  #checkMessages(wasUntold: boolean): void {
    const isSilent = this.#answeredAtMs - this.#messageAtMs > UNTOLD_POLLS * this.#pollMs
    this.#untoldPolls = wasUntold && isSilent ? this.#untoldPolls + 1 : 0
    if (this.#untoldPolls < UNTOLD_POLLS) return
    this.#untoldPolls = 0
    this.#link.recycle('messages')
  }

  // The one timer.

  #schedule(delayMs: number): void {
    if (this.#isStopped) return
    const dueMs = this.#options.clock.monotonicMs() + delayMs
    if (dueMs >= this.#dueMs) return
    this.#timer?.cancel()
    this.#dueMs = dueMs
    this.#timer = this.#options.clock.after(delayMs, () => void this.#tick())
  }

  async #tick(): Promise<void> {
    this.#dueMs = Infinity
    if (this.#isTicking) return this.#schedule(RETRY_MS)
    this.#isTicking = true
    try {
      const isWell = (await Promise.all(this.partitions.map((partition) => this.#pollIfWorthIt(partition)))).every(
        Boolean,
      )
      if (isWell) await this.#queue.flush((change) => this.#sender.send(change))
      else this.#recycleSilent()
      this.#schedule(isWell && this.#queue.size === 0 ? this.#pollMs : Math.min(RETRY_MS, this.#pollMs))
    } finally {
      this.#isTicking = false
    }
  }

  async #pollIfWorthIt(partition: Partition): Promise<boolean> {
    const { breaker } = partition
    if (!this.#link.isReady) return false
    if (breaker.state !== 'closed' && !breaker.startTrial(this.#options.clock.monotonicMs())) return false
    return this.poll(partition).then(
      () => true,
      () => false,
    )
  }

  #recycleSilent(): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#answeredAtMs < SILENCE_MS) return
    this.#answeredAtMs = nowMs
    this.#link.recycle('commands')
  }
}

function parsePollReply(reply: unknown): PollReply {
  const [life, seq, texts, serverMs] = reply as [Buffer, number, Buffer[], number]
  const changes = texts.map((text) => parseChange(String(text)))
  // What cannot be read counts as forgotten: fewer changes than numbers.
  return { life: String(life), seq: Number(seq), changes: changes.filter((change) => change !== null), serverMs }
}
