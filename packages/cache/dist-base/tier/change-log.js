import { randomBytes } from 'node:crypto';
import { TierUnavailableError, within } from "./asker.js";
import { ChangeQueue } from "./change-queue.js";
import { ChangeSender } from "./change-sender.js";
import { parseChange } from "./follower.js";
import { createPartitions, partitionOf } from "./partition.js";
import { pollScript } from "./scripts.js";
/** The most that one poll answers; a process that missed more starts afresh, which is quicker. */
const MOST_NEWS = 2000;
/** How soon what has failed is tried again. */
const RETRY_MS = 50;
/** A connection on which nothing was answered for so long is made anew: its other end may be gone without a word. */
const SILENCE_MS = 5000;
/** Polls in a row that knew more than messages had told: messages do not come. */
const UNTOLD_POLLS = 3;
/**
 * Tells everybody what has changed, and follows what others tell. Each partition has a log in Redis; messages bring news at once,
 * polls make up for messages that were lost, and prove up to which instant nothing was missed.
 */
export class ChangeLog {
    /** Who we are, so that we need not heed ourselves. */
    origin = randomBytes(9).toString('base64url');
    partitions;
    #options;
    #link;
    #asker;
    #holders = new Map();
    #pollMs;
    #queue;
    #sender;
    #timer = null;
    #dueMs = Infinity;
    #isTicking = false;
    #isStopped = false;
    /** The earliest confirmation among the partitions that are followed. */
    #oldestConfirmedMs = Infinity;
    #answeredAtMs;
    #messageAtMs;
    #untoldPolls = 0;
    #tellFirstPoll;
    /** Settles when Redis has been reached for the first time. */
    firstPoll = new Promise((resolve) => (this.#tellFirstPoll = resolve));
    pollCount = 0;
    changeCount = 0;
    freshStartCount = 0;
    suspendCount = 0;
    constructor(options, link, asker, channel) {
        this.#options = options;
        this.#link = link;
        this.#asker = asker;
        this.#pollMs = Math.max(10, Math.floor(options.staleBoundMs / 4));
        this.partitions = createPartitions(options.namespace, options.partitions);
        this.#queue = new ChangeQueue(options.maxQueued);
        this.#sender = new ChangeSender(options, asker, this.partitions, channel, (at, spanMs) => this.lifeOf(at, spanMs));
        this.#answeredAtMs = this.#messageAtMs = options.clock.monotonicMs();
        asker.onFailure = () => this.#schedule(RETRY_MS);
        this.#schedule(0);
    }
    follow(cache, holder) {
        this.#holders.set(cache, holder);
    }
    unfollow(cache) {
        this.#holders.delete(cache);
    }
    get queuedCount() {
        return this.#queue.size;
    }
    /** Whether copies of this partition are confirmed within the bound. Where they are not any more, they go, now. */
    isFollowed(partition) {
        if (this.#options.clock.monotonicMs() - this.#oldestConfirmedMs > this.#options.staleBoundMs)
            this.#suspend();
        return !partition.isSuspended;
    }
    /** Whether Redis still has what we know to be changed. */
    isQueued(cache, key) {
        return this.#queue.covers(cache, key);
    }
    /** The life under which the entries of a partition are named; asks for it where it is not known for certain. */
    async lifeOf(partition, spanMs) {
        const { follower, breaker } = partition;
        if (!follower.isTrusted) {
            if (breaker.state !== 'closed')
                throw new TierUnavailableError('it has failed too often lately');
            await within(this.#options.clock, spanMs, this.poll(partition));
        }
        if (follower.life === null)
            throw new TierUnavailableError('it was just lost');
        return follower.life;
    }
    /** Delivers a change to Redis and to everybody, or queues it. Takes no longer than the time-out. */
    async tell(change, write) {
        try {
            await this.#sender.send(change, write);
            return 'delivered';
        }
        catch {
            if (!this.#isStopped)
                this.#queue.add(change);
            this.#schedule(RETRY_MS);
            return 'queued';
        }
    }
    /** A message from the channel: life, number, partition, change. */
    hear(text) {
        const [life, seq, index, ...rest] = text.split(' ');
        const partition = this.partitions[Number(index)];
        const change = parseChange(rest.join(' '));
        if (!partition || !change)
            return;
        this.#messageAtMs = this.#options.clock.monotonicMs();
        const heed = partition.follower.hear(life, Number(seq));
        if (heed === 'apply')
            this.#apply(change);
        else if (heed === 'poll')
            this.poll(partition).catch(() => { });
    }
    lost() {
        for (const { follower } of this.partitions)
            follower.lose();
        this.#schedule(RETRY_MS);
    }
    ready() {
        this.#schedule(0);
    }
    /** Asks for news; one poll a partition at a time. */
    poll(partition) {
        partition.poll ??= this.#poll(partition).finally(() => (partition.poll = null));
        return partition.poll;
    }
    /** Delivers what is queued if that works at once. */
    async stop() {
        this.#isStopped = true;
        this.#timer?.cancel();
        await this.#queue.flush((change) => this.#sender.send(change));
    }
    partitionOf(cache, key) {
        return partitionOf(this.partitions, cache, key);
    }
    async #poll(partition) {
        const { follower, breaker, stateKey, logKey } = partition;
        const sentAtMs = this.#options.clock.monotonicMs();
        const sinceSeq = follower.seq;
        const isTrial = breaker.state === 'half-open';
        const args = [randomBytes(9).toString('base64url'), follower.life ?? '', sinceSeq, MOST_NEWS];
        const reply = parsePollReply(await this.#asker.ask(breaker, pollScript, [stateKey, logKey], args, { isTrial }));
        this.pollCount++;
        this.#tellFirstPoll();
        this.#answeredAtMs = this.#options.clock.monotonicMs();
        partition.serverAheadMs = reply.serverMs - this.#answeredAtMs;
        const isFirst = follower.life === null;
        const news = follower.learn(reply, { sinceSeq, sentAtMs });
        partition.isSuspended = false;
        this.#oldestConfirmedMs = this.#findOldestConfirmed();
        if (news)
            for (const change of news)
                this.#apply(change);
        // What was kept before the first poll lives no longer than the bound anyway.
        else if (!isFirst)
            this.#startAfresh();
        this.#checkMessages(news?.some(({ origin }) => origin !== this.origin) ?? false);
    }
    #apply(change) {
        this.changeCount++;
        if (change.origin !== this.origin)
            this.#holders.get(change.cache)?.heed(change);
    }
    #startAfresh() {
        this.freshStartCount++;
        for (const holder of this.#holders.values())
            holder.dropAll();
    }
    #suspend() {
        const latestMs = this.#options.clock.monotonicMs() - this.#options.staleBoundMs;
        for (const partition of this.partitions) {
            if (partition.follower.confirmedAtMs < latestMs)
                partition.isSuspended = true;
        }
        this.#oldestConfirmedMs = this.#findOldestConfirmed();
        this.suspendCount++;
        for (const holder of this.#holders.values())
            holder.dropAll();
    }
    #findOldestConfirmed() {
        return Math.min(...this.partitions.filter(({ isSuspended }) => !isSuspended).map(({ follower }) => follower.confirmedAtMs));
    }
    #checkMessages(wasUntold) {
        const isSilent = this.#answeredAtMs - this.#messageAtMs > UNTOLD_POLLS * this.#pollMs;
        this.#untoldPolls = wasUntold && isSilent ? this.#untoldPolls + 1 : 0;
        if (this.#untoldPolls < UNTOLD_POLLS)
            return;
        this.#untoldPolls = 0;
        this.#link.recycle('messages');
    }
    // The one timer.
    #schedule(delayMs) {
        if (this.#isStopped)
            return;
        const dueMs = this.#options.clock.monotonicMs() + delayMs;
        if (dueMs >= this.#dueMs)
            return;
        this.#timer?.cancel();
        this.#dueMs = dueMs;
        this.#timer = this.#options.clock.after(delayMs, () => void this.#tick());
    }
    async #tick() {
        this.#dueMs = Infinity;
        if (this.#isTicking)
            return this.#schedule(RETRY_MS);
        this.#isTicking = true;
        try {
            const isWell = (await Promise.all(this.partitions.map((partition) => this.#pollIfWorthIt(partition)))).every(Boolean);
            if (isWell)
                await this.#queue.flush((change) => this.#sender.send(change));
            else
                this.#recycleSilent();
            this.#schedule(isWell && this.#queue.size === 0 ? this.#pollMs : Math.min(RETRY_MS, this.#pollMs));
        }
        finally {
            this.#isTicking = false;
        }
    }
    async #pollIfWorthIt(partition) {
        const { breaker } = partition;
        if (!this.#link.isReady)
            return false;
        if (breaker.state !== 'closed' && !breaker.startTrial(this.#options.clock.monotonicMs()))
            return false;
        return this.poll(partition).then(() => true, () => false);
    }
    #recycleSilent() {
        const nowMs = this.#options.clock.monotonicMs();
        if (nowMs - this.#answeredAtMs < SILENCE_MS)
            return;
        this.#answeredAtMs = nowMs;
        this.#link.recycle('commands');
    }
}
function parsePollReply(reply) {
    const [life, seq, texts, serverMs] = reply;
    const changes = texts.map((text) => parseChange(String(text)));
    // What cannot be read counts as forgotten: fewer changes than numbers.
    return { life: String(life), seq: Number(seq), changes: changes.filter((change) => change !== null), serverMs };
}
//# sourceMappingURL=change-log.js.map