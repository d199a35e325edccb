// What a run is worth: pure, so that live runs and replays are scored alike. Every claim at any moment of a run counts.

const isClaim = ({ kind, verdict }) => kind === 'memory-growth' && (verdict === 'leaking' || verdict === 'sinking')
/** Memory outside of V8's heap is told apart by V8's own accounts, which are not the same for every kind of handle. */
const families = {
  heap: ['heap'],
  external: ['external', 'native'],
  native: ['external', 'native'],
  threads: ['threads', 'native'],
  handles: ['handles'],
}
const LINE_SLACK = 3

/** `runs`: { service, places (with lines), round, seconds, signals, deathSeconds }; the same order comes back. */
export function scoreRuns(runs) {
  return runs.map((run) => {
    const { service, signals } = run
    const claims = signals.filter(isClaim)
    const right = service.isLeak ? claims.filter(({ memory }) => families[service.memory].includes(memory)) : []
    const wrong = claims.filter((claim) => !right.includes(claim))
    const first = right[0] ?? null
    const named = right.find(({ culprit }) => culprit) ?? null
    return {
      ...run,
      first,
      wrong,
      isFound: first !== null,
      isFalse: !service.isLeak && claims.length > 0,
      share: first && run.deathSeconds ? first.afterSeconds / run.deathSeconds : null,
      firstAnswer: first && judgeAnswer(run, first.culprit),
      namedAnswer: named && judgeAnswer(run, named.culprit),
      lastAnswer: first && judgeAnswer(run, right.findLast(({ culprit }) => culprit)?.culprit ?? null),
    }
  })
}

function judgeAnswer({ service, places }, culprit) {
  if (!culprit) return { module: false, line: false }
  const module = service.modules.some((name) => name === culprit.package || name === culprit.file)
  const line = places.some(
    (place) => place.file === culprit.file && place.lines.some((known) => Math.abs(known - culprit.line) <= LINE_SLACK),
  )
  // A place of the ground truth is right by definition, also where it calls the module that holds on.
  return { module: module || line, line }
}

/** When the process would end if it went on like that, in seconds since the first moment; null when it would not. */
export function projectDeath(service, events) {
  const points = events.flatMap(([kind, at]) => {
    if (service.memory === 'heap') return kind === 'floor' ? [[at.atMs, at.heapBytes]] : []
    return kind === 'moment' ? [[at.atMs, at.rssBytes]] : []
  })
  const limit = service.memory === 'heap' ? events[0][1].heapLimitBytes : (service.memoryMb ?? 0) * 1024 * 1024
  const beganAtMs = events.find(([kind]) => kind === 'moment')?.[1].atMs
  const half = points.slice(Math.floor(points.length / 3))
  if (!service.isLeak || half.length < 3 || limit === 0) return null
  const [from, to] = [half[0], half.at(-1)]
  const slope = (to[1] - from[1]) / (to[0] - from[0])
  return slope > 0 ? Math.round((to[0] - beganAtMs + (limit - to[1]) / slope) / 1000) : null
}

const percent = (part, whole) => (whole === 0 ? '–' : `${Math.round((100 * part) / whole)} %`)

export function renderScore(scores) {
  const lines = scores.map((score) => {
    const { service, round, first, deathSeconds, share, firstAnswer, lastAnswer, wrong } = score
    const head = `${service.name.padEnd(28)} ${round.padEnd(5)}`
    if (!service.isLeak)
      return `${head} ${wrong.length === 0 ? 'quiet' : `FALSE after ${wrong[0].afterSeconds} s: ${wrong[0].sentence}`}`
    const marks = (answer) => (answer ? `${answer.module ? 'M' : '-'}${answer.line ? 'L' : '-'}` : '  ')
    const told = first
      ? `${String(first.afterSeconds).padStart(6)} s of ${deathSeconds ?? '?'} (${share === null ? '?' : percent(share, 1)})  ${marks(firstAnswer)} ${marks(lastAnswer)}  ${placeOf(first.culprit)}`
      : `MISSED (would end after ${deathSeconds ?? '?'} s)`
    return `${head} ${service.memory.padEnd(9)}${told}${wrong.length > 0 ? `  also claimed: ${wrong[0].memory} after ${wrong[0].afterSeconds} s` : ''}`
  })
  return `${[...lines, '', ...summarize(scores)].join('\n')}\n`
}

function placeOf(culprit) {
  return culprit ? `${culprit.file}:${culprit.line} ${culprit.variable ?? ''}` : 'no culprit'
}

function summarize(scores) {
  const leaks = scores.filter(({ service }) => service.isLeak && !service.isSlow)
  const recall = (memories) => {
    const chosen = leaks.filter(({ service }) => memories.includes(service.memory))
    const found = chosen.filter(({ isFound }) => isFound)
    return `${found.length} of ${chosen.length} (${percent(found.length, chosen.length)})`
  }
  const found = leaks.filter(({ isFound }) => isFound)
  const withShare = found.flatMap(({ share }) => (share === null ? [] : [share])).sort((left, right) => left - right)
  const healthy = scores.filter(({ service }) => !service.isLeak)
  const falseCount = healthy.filter(({ isFalse }) => isFalse).length
  const hours = healthy.reduce((sum, { seconds }) => sum + seconds, 0) / 3600
  const count = (of, key) =>
    `${found.filter((score) => score[of]?.[key]).length} of ${found.length} (${percent(found.filter((score) => score[of]?.[key]).length, found.length)})`
  const at = (part) =>
    withShare.length === 0
      ? '–'
      : percent(withShare[Math.min(withShare.length - 1, Math.floor(part * withShare.length))], 1)
  return [
    `found within the run: heap ${recall(['heap'])}, external and native ${recall(['external', 'native'])}, threads and handles ${recall(['threads', 'handles'])}`,
    `healthy services reported: ${falseCount} of ${healthy.length} runs in ${hours.toFixed(2)} process-hours; upper 95 % bound ${Math.round((1000 * poissonUpper(falseCount)) / Math.max(hours, 1e-9))} per 1,000 process-hours`,
    `culprit of the first claim: module ${count('firstAnswer', 'module')}, line ± ${LINE_SLACK} ${count('firstAnswer', 'line')}; of the last: module ${count('lastAnswer', 'module')}, line ${count('lastAnswer', 'line')}`,
    `first claim as share of the time to the end: median ${at(0.5)}, p90 ${at(0.9)}`,
  ]
}

/** One-sided 95 % upper bound of a Poisson mean after `count` events: the mean at which so few would come in one of twenty cases. */
function poissonUpper(count) {
  const chance = (mean) => {
    let term = Math.exp(-mean)
    let sum = term
    for (let k = 1; k <= count; k++) sum += term *= mean / k
    return sum
  }
  let [low, high] = [0, 10 * (count + 3)]
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (chance(middle) > 0.05) low = middle
    else high = middle
  }
  return high
}
