import { randomBytes } from 'node:crypto'
import type { Timer } from '@plimsoll/core'
import { type Asker, TierUnavailableError, within } from './asker.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import { encodeChange, Follower, parseChange, type Change, type PollReply } from './follower.ts'
import type { ResolvedTierOptions } from './options.ts'
import type { RedisLink } from './redis-client.ts'
import { changeKeyScript, changeTagScript, pollScript } from './scripts.ts'

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

/** Bytes that take the place of what was changed. */
export interface Write {
  readonly ttlMs: number
  readonly tags: string
  readonly folded: Buffer
}

/** Changes that the log remembers, about: a process that was away for more drops all it has. */
const LOG_ENTRIES = 10_000
/** The most that one poll answers; a process that missed more starts afresh, which is quicker. */
const MOST_NEWS = 2000
/** Tags that a partition remembers as invalidated. */
const MOST_TAGS = 10_000
/** How soon what has failed is tried again. */
const RETRY_MS = 50
/** A connection on which nothing was answered for so long is made anew: its other end may be gone without a word. */
const SILENCE_MS = 5000
/** Polls in a row that knew more than messages had told: messages do not come. */
const UNTOLD_POLLS = 3

class Partition {
  readonly follower = new Follower()
  readonly breaker = new CircuitBreaker({ cooldownMs: 100, maxCooldownMs: 5000 })
  /** Copies have not been confirmed for so long that they live no longer than the bound. */
  isSuspended = true
  poll: Promise<void> | null = null
  /** The server's clock minus ours, never too large: taken when an answer was here, which it left before. */
  serverAheadMs = 0
  readonly index: number
  /** What its keys begin with. */
  readonly stateKey: string

  constructor(index: number, stateKey: string) {
    this.index = index
    this.stateKey = stateKey
  }

  get logKey(): string {
    return `${this.stateKey}:log`
  }
}

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
  readonly #channel: string
  readonly #holders = new Map<string, CopyHolder>()
  readonly #pollMs: number
  /** Changes that could not be delivered, by what they change. */
  readonly #queue = new Map<string, Change>()
  #queuedWideCount = 0
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
    this.#channel = channel
    this.#pollMs = Math.max(10, Math.floor(options.staleBoundMs / 4))
    this.partitions = Array.from({ length: options.partitions }, (_, index) => {
      return new Partition(index, `{${options.namespace}:${index}}`)
    })
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
    if (this.#queue.size === 0) return false
    return this.#queuedWideCount > 0 || this.#queue.has(queueKey({ kind: 'key', cache, name: key }))
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
      await this.#deliver(change, write)
      return 'delivered'
    } catch {
      this.#enqueue(change)
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
    await this.#flush()
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

  // Telling.

  async #deliver(change: Change, write?: Write): Promise<void> {
    const endMs = this.#options.clock.monotonicMs() + this.#options.timeoutMs
    if (change.kind === 'key') await this.#tellKey(change, endMs, write)
    else await Promise.all(this.partitions.map((partition) => this.#tellTag(partition, change, endMs)))
  }

  #tellKey(change: Change, endMs: number, write?: Write): Promise<void> {
    const at = this.partitionOf(change.cache, change.name)
    return this.#tryTwice(at, endMs, async (life, spanMs) => {
      const { valueKey, leaseKey } = entryKeys(at, life, change.cache, change.name)
      const common = [life, LOG_ENTRIES, this.#channel, at.index, encodeChange(change)]
      const latestMs = Math.floor(endMs + at.serverAheadMs)
      const bytes = write ? [write.ttlMs, write.tags, write.folded, latestMs] : ['', '', '', 0]
      const allKeys = [at.stateKey, valueKey, leaseKey, at.logKey]
      const reply = await this.#asker.ask(at.breaker, changeKeyScript, allKeys, [...common, ...bytes], { spanMs })
      return String((reply as [Buffer])[0]) !== 'life'
    })
  }

  #tellTag(at: Partition, change: Change, endMs: number): Promise<void> {
    return this.#tryTwice(at, endMs, async (life, spanMs) => {
      const tag = change.kind === 'all' ? change.cache : `${change.cache}.${change.name}`
      const common = [life, LOG_ENTRIES, this.#channel, at.index, encodeChange(change)]
      const args = [...common, tag, MOST_TAGS, this.#options.maxTtlMs]
      const reply = await this.#asker.ask(at.breaker, changeTagScript, [at.stateKey, at.logKey], args, { spanMs })
      return String((reply as [Buffer])[0]) !== 'life'
    })
  }

  /** Once more after a new life was found, within the one time-out. `act` answers whether it was done. */
  async #tryTwice(
    at: Partition,
    endMs: number,
    act: (life: string, spanMs: number) => Promise<boolean>,
  ): Promise<void> {
    const spanMs = () => endMs - this.#options.clock.monotonicMs()
    for (let attempt = 0; attempt < 2; attempt++) {
      if (await act(await this.lifeOf(at, spanMs()), spanMs())) return
      at.follower.lose()
    }
    throw new TierUnavailableError('it changes its life too often')
  }

  #enqueue(change: Change): void {
    if (this.#isStopped) return
    const { cache } = change
    const isFull = this.#queue.size >= this.#options.maxQueued && !this.#queue.has(queueKey(change))
    if (isFull) for (const [key, queued] of this.#queue) if (queued.cache === cache) this.#queue.delete(key)
    const kept: Change = isFull ? { ...change, kind: 'all', name: '' } : change
    this.#queue.set(queueKey(kept), kept)
    if (kept.kind !== 'key') this.#countWide()
    this.#schedule(RETRY_MS)
  }

  #countWide(): void {
    this.#queuedWideCount = [...this.#queue.values()].filter(({ kind }) => kind !== 'key').length
  }

  partitionOf(cache: string, key: string): Partition {
    const { length } = this.partitions
    return this.partitions[length === 1 ? 0 : hashOf(`${cache}:${key}`) % length]!
  }

  async #flush(): Promise<void> {
    for (const [key, change] of this.#queue) {
      try {
        await this.#deliver(change)
      } catch {
        return
      }
      if (this.#queue.get(key) === change) this.#queue.delete(key)
      if (change.kind !== 'key') this.#countWide()
    }
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
      if (isWell) await this.#flush()
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

export type { Partition }

/** Where an entry of this life lies, and the lease of who loads it. */
export function entryKeys(partition: Partition, life: string, cache: string, key: string) {
  const place = (kind: 'v' | 'l') => `${partition.stateKey}:${life}:${kind}:${cache}:${key}`
  return { valueKey: place('v'), leaseKey: place('l') }
}

function queueKey({ kind, cache, name }: Omit<Change, 'origin'>): string {
  return JSON.stringify([kind, cache, name])
}

function parsePollReply(reply: unknown): PollReply {
  const [life, seq, texts, serverMs] = reply as [Buffer, number, Buffer[], number]
  const changes = texts.map((text) => parseChange(String(text)))
  // What cannot be read counts as forgotten: fewer changes than numbers.
  return { life: String(life), seq: Number(seq), changes: changes.filter((change) => change !== null), serverMs }
}

/** FNV-1a, 32 bits: all processes must agree on it. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}
