import { knownLeaks, type KnownLeak } from './table.ts'

/** Rows of the table that speak of this version; none for a version that is not `major.minor.patch`. */
export function findKnownLeaks(name: string, version: string, table: readonly KnownLeak[] = knownLeaks): KnownLeak[] {
  const parsed = parseVersion(version)
  if (parsed === null) return []
  return table.filter(
    (leak) =>
      leak.name === name &&
      (leak.since === undefined || compare(parsed, parseVersion(leak.since)) >= 0) &&
      (leak.fixedIn === null || compare(parsed, parseVersion(leak.fixedIn)) < 0),
  )
}

interface Version {
  numbers: readonly number[]
  isPrerelease: boolean
}

function parseVersion(text: string): Version | null {
  const match = /^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(-[\w.-]+)?(?:\+[\w.-]+)?$/.exec(text)
  return match && { numbers: match.slice(1, 4).map(Number), isPrerelease: match[4] !== undefined }
}

/** As semver orders them, but for two prereleases of one version, which count as the same. */
function compare(a: Version, b: Version | null): number {
  if (b === null) return 0
  for (const [place, number] of a.numbers.entries()) {
    const difference = number - b.numbers[place]!
    if (difference !== 0) return difference
  }
  return Number(b.isPrerelease) - Number(a.isPrerelease)
}
