import { systemClock, type Clock } from '@plimsoll/core'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export type LogFields = Record<string, string | number | boolean | null>

/** JSON lines: one event, its fields, nothing secret. */
export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

export interface LogOptions {
  level: LogLevel
  /** Which process speaks: `web-2`, `primary`. */
  name: string
  /** Default: standard error. */
  write?: (line: string) => void
  clock?: Clock
}

export function createLog(options: LogOptions): Log {
  const { name, write = (line) => void process.stderr.write(line), clock = systemClock } = options
  const threshold = logLevels.indexOf(options.level)
  const logAt = (level: Exclude<LogLevel, 'silent'>) => {
    if (logLevels.indexOf(level) < threshold) return () => {}
    return (event: string, fields: LogFields = {}) =>
      write(JSON.stringify({ at: new Date(clock.nowMs()).toISOString(), level, name, event, ...fields }) + '\n')
  }
  return { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') }
}
