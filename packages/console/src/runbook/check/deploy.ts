import { formatDuration, HOUR_MS } from '@plimsoll/core'
import { clockTime } from '../../words.ts'
import type { Check } from '../check.ts'

/** Whether a new version came shortly before. The version a service had when we first saw it is no deploy. */
export const deployCheck: Check = {
  name: 'deploy',
  title: 'Did a deploy bring it?',
  judge(_facts, incident) {
    const { deploy } = incident
    if (!deploy) return { verdict: 'ok', sentence: 'No deploy was seen in the hour before.', evidence: [] }
    const before = formatDuration(incident.openedAtMs - deploy.atMs)
    return {
      verdict: 'suspect',
      sentence: `Version ${deploy.version} came ${before} before, at ${clockTime(deploy.atMs)} UTC.`,
      evidence: [
        { label: 'version', value: deploy.version },
        { label: 'before it', value: deploy.previousVersion ?? 'unknown' },
      ],
    }
  },
}

/** The last change of version in the hour before the opening. */
export function findDeploy(deploys: readonly { version: string; atMs: number }[], openedAtMs: number) {
  const index = deploys.findLastIndex(({ atMs }, at) => at > 0 && atMs <= openedAtMs && openedAtMs - atMs <= HOUR_MS)
  if (index < 1) return null
  const { version, atMs } = deploys[index]!
  return { version, previousVersion: deploys[index - 1]!.version, atMs }
}
