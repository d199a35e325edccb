/** Bytes in a kibibyte, a mebibyte, a gibibyte. */
export const KiB = 1024
export const MiB = 1024 * KiB
export const GiB = 1024 * MiB

const units: readonly (readonly [string, number])[] = [
  ['GB', GiB],
  ['MB', MiB],
  ['KB', KiB],
]

/** Bytes for people: `61 MB`, `7.6 KB`, one decimal at most. Powers of 1024, as `top` and `--max-old-space-size` count. */
export function formatBytes(bytes: number): string {
  const sign = bytes < 0 ? '−' : ''
  const magnitude = Math.abs(bytes)
  for (const [unit, factor] of units) {
    if (magnitude >= factor) {
      const value = magnitude / factor
      return `${sign}${value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${unit}`
    }
  }
  return `${sign}${Math.round(magnitude)} B`
}

/**
 * Parses `64MB`, `1.5 GiB`, `512k`, `512Mi` as Kubernetes writes it, or a plain count of bytes; all units are powers of 1024.
 * Answers `null` for what is not a size, so that the caller can name the option in its own error.
 */
export function parseBytes(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b|(?<=[kmg])i)?\s*$/i.exec(text)
  if (!match) return null
  const factor = { '': 1, k: KiB, m: MiB, g: GiB }[match[2]!.toLowerCase() as '' | 'k' | 'm' | 'g']
  return Math.round(Number(match[1]) * factor)
}
