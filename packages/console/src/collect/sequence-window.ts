/** A post carries at most 100 signals, so one that another overtook is still told apart; and batches of 20 s at the fastest allowed. */
export const WINDOW = 256n

/**
 * Which of the numbers that an instance counts by have arrived, whatever their order: a bit for each of the last {@link WINDOW}. An
 * older one can't be told from one that arrived, and passes for it: better one told too seldom than one counted twice.
 * @see Kent. “IP Encapsulating Security Payload (ESP).” RFC 4303, section 3.4.3, 2005
 */
export class SequenceWindow {
  #highest = -1
  /** Bit 0 is the highest. */
  #arrived = 0n

  /** -1 before the first. */
  get highest(): number {
    return this.#highest
  }

  /** Notes that a number arrived. Answers whether it had not before. */
  take(sequence: number): boolean {
    const ahead = BigInt(sequence - this.#highest)
    if (ahead > 0n) {
      const shifted = ahead < WINDOW ? this.#arrived << ahead : 0n
      this.#arrived = BigInt.asUintN(Number(WINDOW), shifted) | 1n
      this.#highest = sequence
      return true
    }
    if (-ahead >= WINDOW) return false
    const bit = 1n << -ahead
    if ((this.#arrived & bit) !== 0n) return false
    this.#arrived |= bit
    return true
  }
}
