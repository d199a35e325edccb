import { TierUnavailableError } from "./asker.js";
import { encodeChange } from "./follower.js";
import { entryKeys, partitionOf } from "./partition.js";
import { changeKeyScript, changeTagScript } from "./scripts.js";
/** Changes that the log remembers, about: a process that was away for more drops all it has. */
const LOG_ENTRIES = 10_000;
/** Tags that a partition remembers as invalidated. */
const MOST_TAGS = 10_000;
/** Brings changes to Redis, which tells everybody. */
export class ChangeSender {
    #options;
    #asker;
    #partitions;
    #channel;
    #lifeOf;
    /** @param lifeOf the life under which the entries of a partition are named, asked for where it is not known */
    constructor(options, asker, partitions, channel, lifeOf) {
        this.#options = options;
        this.#asker = asker;
        this.#partitions = partitions;
        this.#channel = channel;
        this.#lifeOf = lifeOf;
    }
    /** Takes no longer than the time-out. @throws {@link TierUnavailableError} when it was not delivered, as far as is known */
    async send(change, write) {
        const endMs = this.#options.clock.monotonicMs() + this.#options.timeoutMs;
        if (change.kind === 'key')
            await this.#tellKey(change, endMs, write);
        else
            await Promise.all(this.#partitions.map((partition) => this.#tellTag(partition, change, endMs)));
    }
    #tellKey(change, endMs, write) {
        const at = partitionOf(this.#partitions, change.cache, change.name);
        return this.#tryTwice(at, endMs, async (life, spanMs) => {
            const { valueKey, leaseKey } = entryKeys(at, life, change.cache, change.name);
            const common = [life, LOG_ENTRIES, this.#channel, at.index, encodeChange(change)];
            const latestMs = Math.floor(endMs + at.serverAheadMs);
            const bytes = write ? [write.ttlMs, write.tags, write.folded, latestMs] : ['', '', '', 0];
            const allKeys = [at.stateKey, valueKey, leaseKey, at.logKey];
            const reply = await this.#asker.ask(at.breaker, changeKeyScript, allKeys, [...common, ...bytes], { spanMs });
            return String(reply[0]) !== 'life';
        });
    }
    #tellTag(at, change, endMs) {
        return this.#tryTwice(at, endMs, async (life, spanMs) => {
            const tag = change.kind === 'all' ? change.cache : `${change.cache}.${change.name}`;
            const common = [life, LOG_ENTRIES, this.#channel, at.index, encodeChange(change)];
            const args = [...common, tag, MOST_TAGS, this.#options.maxTtlMs];
            const reply = await this.#asker.ask(at.breaker, changeTagScript, [at.stateKey, at.logKey], args, { spanMs });
            return String(reply[0]) !== 'life';
        });
    }
    /** Once more after a new life was found, within the one time-out. `act` answers whether it was done. */
    async #tryTwice(at, endMs, act) {
        const spanMs = () => endMs - this.#options.clock.monotonicMs();
        for (let attempt = 0; attempt < 2; attempt++) {
            if (await act(await this.#lifeOf(at, spanMs()), spanMs()))
                return;
            at.follower.lose();
        }
        throw new TierUnavailableError('it changes its life too often');
    }
}
//# sourceMappingURL=change-sender.js.map