import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MINUTE_MS } from '@plimsoll/core'
import { applyEdits, reviewSource } from '@plimsoll/review'
import { fullScenario } from './scenario.ts'
import { incidentsOf, listed, nobodyFails, type AlteredShop, type Trial } from './trial.ts'
import { tellIncident } from './promises.ts'

const leakName = 'pages-by-url'

/** What `plimsoll review` says of the cache of 10 May, done: the first suggestion, as an editor would apply it. */
export const reviewedTrial: Trial = {
  name: 'reviewed',
  title: 'The cache of 10 May with the change that plimsoll review suggests: there is nothing to be called for',
  leak: leakName,
  alter: alterShop,
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

/**
 * A copy of the built shop in which the leak's file is replaced. It lies within the checkout, so that it finds what the shop imports.
 * @throws when review finds no growth in the file, or has nothing to suggest
 */
export function alterShop(root: string): AlteredShop {
  const shop = dirname(dirname(fileURLToPath(import.meta.resolve('@plimsoll/marketplace/main'))))
  mkdirSync(join(root, '.data'), { recursive: true })
  const copy = mkdtempSync(join(root, '.data', 'replay-reviewed-'))
  try {
    for (const part of ['package.json', 'dist', 'assets', 'migrations'])
      cpSync(join(shop, part), join(copy, part), { recursive: true })
    // What the shop has in other versions than the rest of the checkout.
    const own = join(shop, 'node_modules')
    if (existsSync(own)) symlinkSync(own, join(copy, 'node_modules'))
    const file = join(copy, 'dist', 'leak', `${leakName}.js`)
    writeFileSync(file, applySuggestion(file))
  } catch (error) {
    rmSync(copy, { recursive: true, force: true })
    throw error
  }
  return { main: join(copy, 'dist', 'main.js'), remove: () => rmSync(copy, { recursive: true, force: true }) }
}

function applySuggestion(file: string): string {
  const source = readFileSync(file, 'utf8')
  const [finding] = reviewSource(source, `${leakName}.js`, file).findings
  const suggestion = finding?.suggestions[0]
  if (!suggestion) throw new Error(`plimsoll review has nothing to suggest for ${leakName}; its rules have changed.`)
  return applyEdits(source, suggestion.edits)
}
