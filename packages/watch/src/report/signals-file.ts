import { appendFileSync } from 'node:fs'
import type { Signal } from '@plimsoll/core/wire'

/** Appends a signal as one line of JSON; at once, since the process may be near its end. Throws what the file system throws. */
export function appendSignal(file: string, signal: Signal): void {
  appendFileSync(file, `${JSON.stringify(signal)}\n`)
}
