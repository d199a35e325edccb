import { Reader } from '@plimsoll/core'

/** RFC 3339, to the millisecond; null for an absent one and for Go's zero time. */
export function readTime(reader: Reader): number | null {
  if (reader.isAbsent || reader.raw === '') return null
  const text = reader.string({ maxLength: 60 })
  const match = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.exec(text)
  const atMs = match
    ? Date.parse(`${match[1]}T${match[2]}${(match[3] ?? '').slice(0, 4)}${match[4]!.toUpperCase()}`)
    : NaN
  if (Number.isNaN(atMs)) reader.fault('must be an instant such as 2023-05-10T14:00:00Z')
  return Number.isNaN(atMs) || atMs < 0 ? null : atMs
}

export function toTime(atMs: number): string {
  return new Date(atMs).toISOString()
}
