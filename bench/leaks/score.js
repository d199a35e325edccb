// Scores the runs in .work/results.jsonl, those of the newest commit and Node version unless told otherwise.
//
//   node bench/leaks/score.js [--seconds 240] [--round 1] [--commit abc] [--node v20.20.2] [--corpus FILE]
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadCorpus } from './corpus.js'
import { prepareService, workFolder } from './prepare.js'
import { projectDeath, renderScore, scoreRuns } from './scoring.js'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    round: { type: 'string' },
    commit: { type: 'string' },
    node: { type: 'string' },
    corpus: { type: 'string' },
  },
})
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').filter(Boolean) : [])
const results = read(join(workFolder, 'results.jsonl')).map((line) => JSON.parse(line))
const newest = results.at(-1)
const { corpus, ...filters } = values
const services = await loadCorpus(corpus)
const wanted = { commit: newest?.commit, node: newest?.node, ...filters }
const runs = []
for (const result of results) {
  if (!Object.entries(wanted).every(([key, value]) => value === undefined || String(result[key]) === value)) continue
  const service = services.find(({ name }) => name === result.name)
  if (!service) continue
  const { places } = await prepareService(service)
  const death = result.diedAfterSeconds ?? projectDeath(service, eventsOf(result))
  runs.push({ ...result, service, places, deathSeconds: death, seconds: result.diedAfterSeconds ?? result.seconds })
}
process.stdout.write(`commit ${wanted.commit}, Node ${wanted.node}\n${renderScore(scoreRuns(runs))}`)

function eventsOf({ name, round }) {
  return read(join(workFolder, 'recording', `${name}.${round}.jsonl`)).flatMap((line) => {
    try {
      return [JSON.parse(line)]
    } catch {
      return []
    }
  })
}
