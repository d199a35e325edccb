import { PlimsollError } from '@plimsoll/core'

export interface AuthorisationRequest {
  /** The provider charges once for a key, however often it is asked, and answers the same each time. At most 100 characters. */
  key: string
  amountCents: number
  /** Stands for the buyer's means of payment; never stored by us. */
  token: string
}

export type Authorisation = { status: 'authorised'; reference: string } | { status: 'declined'; reason: string }

/** Who moves the money. All of it may be repeated with the same key. */
export interface PaymentProvider {
  /** @throws {@link PaymentUnsettledError} when no answer came: it may have charged or not, ask again with the same key */
  authorise(request: AuthorisationRequest): Promise<Authorisation>
  /**
   * Undoes the charge under the key, or makes sure that there will never be one.
   * @throws {@link PaymentUnsettledError} when no answer came
   */
  void(key: string): Promise<void>
}

/** The provider did not answer in time, or not in words we know. Whether it acted is unknown. */
export class PaymentUnsettledError extends PlimsollError {
  constructor(what: string, options?: { cause?: unknown }) {
    super('MARKETPLACE_PAYMENT_UNSETTLED', `The payment provider ${what}. Ask again with the same key.`, options)
  }
}
