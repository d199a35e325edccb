import { PlimsollError } from '@plimsoll/core'

/** A file that is no heap snapshot, or not a whole one. */
export class SnapshotFormatError extends PlimsollError {
  constructor(file: string, what: string, options?: { cause?: unknown }) {
    super('PLIMSOLL_SNAPSHOT_FORMAT', `${file}: ${what}`, options)
  }
}
