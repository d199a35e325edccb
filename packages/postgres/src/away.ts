/** What the system and PostgreSQL say when a server is gone, going or coming back; `08006` is a connection that broke. */
const awayCodes = new Set([
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  '08006',
  '57P01',
  '57P02',
  '57P03',
])

/** The server is away, or on its way up. Whether a statement that failed so took effect is unknown. */
export function isDatabaseAway(error: unknown): boolean {
  return awayCodes.has(codeOf(error))
}

/** Every connection is in use and the queue for one is full (SQLSTATE `53300`): the server is there, but not for this statement. */
export function isDatabaseBusy(error: unknown): boolean {
  return codeOf(error) === '53300'
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code)
}
