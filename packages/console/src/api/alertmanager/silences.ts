import { Reader } from '@plimsoll/core'
import { type Silence, stateOf } from '../../incident/silence.ts'
import { checkMatcher, type Matcher, matchesAll } from '../../rule/matcher.ts'
import type { GettableSilence } from '../contract.ts'
import { MAX_LABELS } from './alerts-in.ts'
import { readTime, toTime } from './times.ts'

export function readSilence(body: unknown): { id: string | null; wanted: Omit<Silence, 'id' | 'updatedAtMs'> } {
  const reader = new Reader(body).object()
  const matchers = reader.at('matchers').list(
    (matcher) => ({
      name: matcher.at('name').string({ maxLength: 500 }),
      value: matcher.at('value').string({ maxLength: 2000 }),
      isRegex: matcher.at('isRegex').boolean(),
      isEqual: matcher.at('isEqual').boolean({ fallback: true }),
    }),
    { maxLength: MAX_LABELS },
  )
  const startsAtMs = readTime(reader.at('startsAt'))
  const endsAtMs = readTime(reader.at('endsAt'))
  if (startsAtMs === null) reader.at('startsAt').fault('in body is required')
  if (endsAtMs === null) reader.at('endsAt').fault('in body is required')
  const id = reader.at('id').string({ maxLength: 100, fallback: '' })
  const wanted = {
    matchers,
    startsAtMs: startsAtMs ?? 0,
    endsAtMs: endsAtMs ?? 0,
    createdBy: reader.at('createdBy').string({ maxLength: 200 }),
    comment: reader.at('comment').string({ maxLength: 10_000 }),
  }
  reader.finish('invalid silence')
  for (const matcher of matchers) checkMatcher(matcher)
  return { id: id === '' ? null : id, wanted }
}

export function toSilence(silence: Silence, nowMs: number): GettableSilence {
  const { id, matchers, startsAtMs, endsAtMs, createdBy, comment, updatedAtMs } = silence
  return {
    id,
    status: { state: stateOf(silence, nowMs) },
    updatedAt: toTime(updatedAtMs),
    comment,
    createdBy,
    endsAt: toTime(endsAtMs),
    matchers: matchers.map(({ isEqual, isRegex, name, value }) => ({ isEqual, isRegex, name, value })),
    startsAt: toTime(startsAtMs),
  }
}

/** As Alertmanager filters silences: one of its matchers is about this label and fits. */
export function hasMatcher({ matchers }: Silence, wanted: Matcher): boolean {
  const named = matchers.filter(({ name }) => name === wanted.name)
  return named.some(({ value }) => matchesAll([wanted], { [wanted.name]: value }))
}
