/** An event without a cell is late, and changes nothing. */
export const breakerTransitions = {
    closed: { broke: 'open' },
    open: { cooled: 'half-open' },
    'half-open': { answered: 'closed', failed: 'open' },
};
/**
 * Of the share of failures lately, each outcome makes up so much: four failures in a row open the breaker, and so do failures of
 * about every second call, which a count of consecutive ones would never see.
 */
const OUTCOME_SHARE = 0.2;
const OPENS_AT = 0.5;
/** Counts what it is told; it has no clock and no timer of its own. */
export class CircuitBreaker {
    #options;
    #state = 'closed';
    #failureShare = 0;
    #openedAtMs = -Infinity;
    #closedAtMs = -Infinity;
    #cooldownMs;
    #openCount = 0;
    constructor(options) {
        this.#options = options;
        this.#cooldownMs = options.cooldownMs;
    }
    get state() {
        return this.#state;
    }
    get openCount() {
        return this.#openCount;
    }
    answered(nowMs) {
        this.#failureShare *= 1 - OUTCOME_SHARE;
        if (this.#state === 'half-open') {
            this.#failureShare = 0;
            this.#closedAtMs = nowMs;
        }
        this.#enter('answered', nowMs);
    }
    failed(nowMs) {
        this.#failureShare += (1 - this.#failureShare) * OUTCOME_SHARE;
        if (this.#state === 'half-open')
            this.#enter('failed', nowMs);
        else if (this.#failureShare >= OPENS_AT)
            this.#enter('broke', nowMs);
    }
    /** Whether the one trial may be made now; it is made once this has answered true. */
    startTrial(nowMs) {
        if (nowMs - this.#openedAtMs < this.#cooldownMs)
            return false;
        this.#enter('cooled', nowMs);
        return this.#state === 'half-open';
    }
    #enter(event, nowMs) {
        const cells = breakerTransitions[this.#state];
        const next = cells[event];
        if (next === undefined)
            return;
        this.#state = next;
        if (next !== 'open')
            return;
        // What broke again soon after it was mended has not been mended: the wait goes on growing.
        const hasLasted = event === 'broke' && nowMs - this.#closedAtMs >= this.#options.maxCooldownMs;
        this.#cooldownMs = hasLasted
            ? this.#options.cooldownMs
            : Math.min(this.#options.maxCooldownMs, 2 * this.#cooldownMs);
        this.#openedAtMs = nowMs;
        this.#openCount++;
    }
}
//# sourceMappingURL=circuit-breaker.js.map