import { writeSync } from 'node:fs'

/**
 * Writes to standard error from within somebody else's process. By file descriptor: `process.stderr` answers a pipe whose reader has
 * gone with an error that ends the process, and in a thread it goes through the main one, which may be stopped.
 */
export function writeToStderr(text: string): void {
  try {
    writeSync(2, text)
  } catch {
    // A closed or full pipe: the signals file and the console still have it.
  }
}

let isHeedless = false

/** A line on the standard error of a process of our own, which waits for a slow reader and outlives one that has gone. */
export function sayLine(line: string): void {
  if (!isHeedless) process.stderr.on('error', () => {})
  isHeedless = true
  process.stderr.write(`${line}\n`)
}
