import { MINUTE_MS } from '@plimsoll/core'
import { applyEdits, reviewSource } from '@plimsoll/review'
import { alterShop } from './altered-shop.ts'
import { fullScenario } from './scenario.ts'
import { incidentsOf, listed, nobodyFails, type Trial } from './trial.ts'
import { tellIncident } from './promises.ts'

const leakName = 'pages-by-url'

/** What `plimsoll review` says of the cache of 10 May, done: the first suggestion, as an editor would apply it. */
export const reviewedTrial: Trial = {
  name: 'reviewed',
  title: 'The cache of 10 May with the change that plimsoll review suggests: there is nothing to be called for',
  leak: leakName,
  alter: (root) => alterShop(root, leakName, applySuggestion),
  begin: async ({ shop, forMs }) => void (await shop.control.switchOn(leakName, forMs)),
  warmUpMs: fullScenario.warmUpMs,
  troubleMs: 3 * MINUTE_MS,
  watchedMs: 3 * MINUTE_MS,
  judge: (record) => [
    {
      promise: 'No incident is opened',
      ...listed(incidentsOf(record).map(tellIncident)),
      holds: incidentsOf(record).length === 0,
    },
    {
      promise: 'The shop stays afloat: no worker dies and none has to be replaced',
      measured: [`${record.deathCount} died`, ...record.actions].join('; '),
      holds: record.deathCount === 0 && record.actions.length === 0,
    },
    nobodyFails(record),
  ],
}

/** @throws when review finds no growth in the file, or has nothing to suggest */
export function applySuggestion(source: string, file: string): string {
  const [finding] = reviewSource(source, `${leakName}.js`, { file }).findings
  const suggestion = finding?.suggestions[0]
  if (!suggestion) throw new Error(`plimsoll review has nothing to suggest for ${leakName}; its rules have changed.`)
  return applyEdits(source, suggestion.edits)
}
