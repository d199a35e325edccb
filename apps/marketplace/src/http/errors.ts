import { PlimsollError } from '@plimsoll/core'

/** An answer that is an error page: the status, a heading for the person, and a sentence on what to do. */
export class PageError extends PlimsollError {
  readonly status: number
  readonly heading: string
  readonly retryAfterSeconds: number | null

  constructor(code: string, status: number, heading: string, message: string, retryAfterSeconds: number | null = null) {
    super(code, message)
    this.status = status
    this.heading = heading
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export class NotFoundError extends PageError {
  constructor(what: string) {
    super(
      'SHOP_NOT_FOUND',
      404,
      `There is no such ${what}`,
      `The ${what} may have been taken off the shelf, or the address has a slip in it.`,
    )
  }
}

export class BadRequestError extends PageError {
  constructor(status = 400) {
    super(
      'SHOP_BAD_REQUEST',
      status,
      'We could not read that request',
      'Go back, load the page again and try once more.',
    )
  }
}

export class ForbiddenError extends PageError {
  constructor() {
    super(
      'SHOP_FORBIDDEN',
      403,
      'This form is no longer valid',
      'It was sent from another site, or it is from before you signed in or out. Go back, load the page again and send it once more. Nothing was changed.',
    )
  }
}

export class TooManyRequestsError extends PageError {
  constructor(what: string) {
    super(
      'SHOP_TOO_MANY_REQUESTS',
      429,
      'A moment, please',
      `There were too many ${what} from your address in the last minute. Please try again in a minute.`,
      60,
    )
  }
}
