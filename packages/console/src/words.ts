/** Percentages without decimals unless below 1 %. */
export function percent(ratio: number): string {
  const value = ratio * 100
  return `${value !== 0 && Math.abs(value) < 1 ? Number(value.toFixed(2)) : Math.round(value)} %`
}

/** `1 worker`, `3 workers`, `118,403 requests`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${thousands(amount)} ${amount === 1 ? one : many}`
}

/** `, in a digest with 3 others`; nothing when it went out by itself. */
export function inDigest(gatheredCount: number): string {
  return gatheredCount === 0 ? '' : `, in a digest with ${count(gatheredCount, 'other')}`
}

/** `118,403`. */
export function thousands(amount: number): string {
  return amount.toLocaleString('en-US')
}

/** `web-1`, `web-1 and web-2`, `web-1, web-2 and 5 more`. */
export function listNames(names: readonly string[], maxCount = 4): string {
  if (names.length === 0) return 'nobody'
  if (names.length === 1) return names[0]!
  const shown = names.slice(0, maxCount)
  const rest = names.length - shown.length
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

/** `the web team`, `the web team on call`: however its name is written. */
export function showTeam(name: string): string {
  return /\b(team|on call|duty|crew)\b/i.test(name) ? `the ${name}` : `the ${name} team`
}

/** `14:03:10`, in UTC: mails and postmortems are read in more than one place. */
export function clockTime(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 19)
}

/** `2023-05-10 14:03:10`, UTC. */
export function dateTime(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')
}

/** Joins sentences so that each ends with a full stop. */
export function sentences(...parts: string[]): string {
  return parts
    .filter((part) => part !== '')
    .map((part) => (/[.!?]$/.test(part) ? part : `${part}.`))
    .join(' ')
}
