import type { Culprit } from '@plimsoll/core/wire'
import { percent } from '../../words.ts'
import type { Check } from '../check.ts'

/** What holds on, as the watch in the process named it. */
export const culpritCheck: Check = {
  name: 'culprit',
  title: 'What holds on?',
  judge(facts, incident) {
    if (incident.culprit) return judgeNamed(incident.culprit)
    const isLeak = facts.processes.some(({ leak }) => leak !== null)
    return isLeak ? null : { verdict: 'ok', sentence: 'Nothing is accused of holding on.', evidence: [] }
  },
}

function judgeNamed(culprit: Culprit) {
  const share = culprit.share === null ? '' : `, ${percent(culprit.share)} of the growth`
  const known = culprit.knownLeak === null ? '' : ` A known leak: ${culprit.knownLeak}.`
  const fix = culprit.fixedIn === null ? '' : ` Fixed in ${culprit.fixedIn}.`
  return {
    verdict: 'guilty' as const,
    sentence: `${describeCulprit(culprit)} holds on (confidence ${percent(culprit.confidence)}${share}).${known}${fix}`,
    evidence: [
      { label: 'line', value: `${culprit.file}:${culprit.line}` },
      ...(culprit.code === null ? [] : [{ label: 'code', value: culprit.code.trim() }]),
      ...(culprit.entryCount === null ? [] : [{ label: 'entries', value: String(Math.round(culprit.entryCount)) }]),
      ...(culprit.package === null
        ? []
        : [{ label: 'package', value: `${culprit.package} ${culprit.version ?? ''}`.trim() }]),
    ],
  }
}

/** `pageCache (src/catalog/pages.ts:41)` */
export function describeCulprit({ variable, file, line }: Culprit): string {
  return variable === null ? `${file}:${line}` : `${variable} (${file}:${line})`
}
