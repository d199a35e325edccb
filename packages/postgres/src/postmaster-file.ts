/** What a server writes about itself into `postmaster.pid`, line by line. */
export interface PostmasterFile {
  pid: number
  port: number
  socketDir: string
  /** `starting`, `ready`, `stopping`, `standby`; empty in the first moments. */
  status: string
}

/** Reads `postmaster.pid`; null for anything that is not one (empty, cut short, not a number in front). */
export function parsePostmasterFile(text: string): PostmasterFile | null {
  const lines = text.split('\n').map((line) => line.trim())
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return null
  return { pid, port: Number(lines[3]) || 0, socketDir: lines[4] ?? '', status: lines[7] ?? '' }
}

/**
 * The same file, naming another process. A server takes a lock file that names its own parent for a leftover, but still
 * checks the shared memory named further down: so a pid that the system gave to a stranger is put right without losing
 * the check that no old server process is alive. Deleting the file would lose it.
 */
export function renamePostmaster(text: string, pid: number): string {
  return [String(pid), ...text.split('\n').slice(1)].join('\n')
}
