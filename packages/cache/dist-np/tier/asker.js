import { PlimsollError, formatDuration } from '@plimsoll/core';
/** Redis was not asked, did not answer in time, or answered with an error. Callers go on without it; users never see this. */
export class TierUnavailableError extends PlimsollError {
    constructor(why, options) {
        super('PLIMSOLL_CACHE_TIER_UNAVAILABLE', `Redis cannot be used just now: ${why}`, options);
    }
}
class TierTimeoutError extends TierUnavailableError {
    constructor(spanMs) {
        super(`no answer within ${formatDuration(spanMs)}`);
    }
}
/** Waits so long and no longer. */
export function within(clock, spanMs, promise) {
    return new Promise((resolve, reject) => {
        const timer = clock.after(Math.max(0, spanMs), () => reject(new TierTimeoutError(spanMs)));
        promise.then(resolve, reject).finally(() => timer.cancel());
    });
}
/** Asks a server that may be down, hung or slow: within a time-out, a bound on what is under way, and a breaker. */
export class Asker {
    #link;
    #clock;
    #timeoutMs;
    #maxInFlight;
    #inFlightCount = 0;
    /** Connections lost so far. An answer that was asked for before a loss is no answer. */
    lossCount = 0;
    askCount = 0;
    timeoutCount = 0;
    failureCount = 0;
    lastFailure = null;
    /** Called after each failure: whoever makes the trials looks sooner. */
    onFailure = () => { };
    constructor(link, options) {
        this.#link = link;
        this.#clock = options.clock;
        this.#timeoutMs = options.timeoutMs;
        this.#maxInFlight = options.maxInFlight;
    }
    /** @throws {@link TierUnavailableError} after no more than the time-out, or what is left of it */
    async ask(breaker, script, keys, args, { spanMs = this.#timeoutMs, isTrial = false } = {}) {
        if (breaker.state !== 'closed' && !isTrial)
            throw new TierUnavailableError('it has failed too often lately');
        if (this.#inFlightCount >= this.#maxInFlight)
            throw new TierUnavailableError('too much is under way');
        // Known at once and costs nobody anything, so the breaker need not learn of it.
        if (!this.#link.isReady)
            throw new TierUnavailableError('it is not connected');
        const { lossCount } = this;
        this.askCount++;
        this.#inFlightCount++;
        try {
            const reply = await within(this.#clock, spanMs, this.#tracked(this.#link.run(script, keys, args)));
            if (lossCount !== this.lossCount)
                throw new TierUnavailableError('the connection was lost');
            breaker.answered(this.#clock.monotonicMs());
            return reply;
        }
        catch (cause) {
            this.#noteFailure(cause);
            breaker.failed(this.#clock.monotonicMs());
            throw cause instanceof TierUnavailableError
                ? cause
                : new TierUnavailableError(cause instanceof Error ? cause.message : String(cause), { cause });
        }
        finally {
            this.#inFlightCount--;
        }
    }
    /** What was given up must not reject unheard. */
    #tracked(reply) {
        reply.catch(() => { });
        return reply;
    }
    #noteFailure(cause) {
        this.failureCount++;
        this.lastFailure = cause instanceof Error ? cause.message : String(cause);
        if (cause instanceof TierTimeoutError)
            this.timeoutCount++;
        this.onFailure();
    }
}
//# sourceMappingURL=asker.js.map