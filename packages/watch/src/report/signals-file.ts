import { accessSync, appendFileSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Signal } from '@plimsoll/core/wire'

/** Appends a signal as one line of JSON; at once, since the process may be near its end. Throws what the file system throws. */
export function appendSignal(file: string, signal: Signal): void {
  appendFileSync(file, `${JSON.stringify(signal)}\n`)
}

/** Throws what the file system would say to a signal. Makes no file: the service may be another user than who starts it. */
export function checkSignalsFile(file: string): void {
  accessSync(existsSync(file) ? file : dirname(file), constants.W_OK)
}
