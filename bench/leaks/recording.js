import { readFileSync } from 'node:fs'

/** What one run of the watch wrote: `events`, its head first; or the `fault` for which nothing can be judged by it. */
export function readRecording(path) {
  const events = readFileSync(path, 'utf8').split('\n').flatMap(parseLine)
  const headCount = events.filter(([kind]) => kind === 'head').length
  if (headCount > 1) return { fault: `${path} was written by ${headCount} runs, whose series stand mixed.` }
  if (events[0]?.[0] !== 'head') return { fault: `${path} lacks its beginning.` }
  return { events }
}

function parseLine(line) {
  try {
    return [JSON.parse(line)]
  } catch {
    // The process was killed in the middle of its last line.
    return []
  }
}
