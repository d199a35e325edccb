import { formatBytes } from '@plimsoll/core'

import type { KeeperFacts } from '../probe/probe-protocol.ts'
import { findBounds, type Bound } from './bound.ts'
import type { Holder } from './holders.ts'
import { around, escapeName, lastName, removalPattern, renewalPattern } from './source-text.ts'

/**
 * What a growing holder does with what it is given.
 * - `holds`: nothing says that it ever lets go
 * - `fills`: it has a bound it has not reached
 * - `lets-go`: its oldest entries have left while we looked
 * - `expires`: its code removes entries by time, and none was old enough yet
 */
export type HolderVerdict = 'holds' | 'fills' | 'lets-go' | 'expires'

export interface HolderJudgement {
  verdict: HolderVerdict
  /** In words: `holds up to MAX_SEEN = 5000 entries`. */
  why: string
  /** Entries at which it is full. */
  cap: number | null
  entryCount: number | null
  /** It holds, as far as can be read; but its code works by clocks and timers, so that time may be what lets go. */
  isTimed: boolean
}

/** What is still to come. */
export interface Outlook {
  /** Different things that were asked for, when some of them were for the first time while it grew. */
  keyCount: number | null
  /** Different things that can be asked for in all. */
  mostKeys: number
  /** What its process has left of the heap; null where nobody knows. */
  roomBytes: number | null
}

export interface HolderEvidence extends Outlook {
  holder: Holder
  /** The cache that bounds it. */
  account: KeeperFacts | null
  /** Entries as the object itself counts them; null when it could not be asked. */
  entryCount: number | null
  /** Numbers named like limits, as the living object has them (getters too). */
  limits: readonly { name: string; value: number }[]
  /** Sources of the module that owns the variable, and of those seen writing. */
  sources: readonly string[]
}

/** Of how many entries at the first snapshot a part must have left for the holder to count as letting go. */
const LET_GO_SHARE = 0.5
/** So many times what is left of the heap must a full holder take before it is said that it has no room: what an entry takes is a guess. */
const NO_ROOM_TIMES = 1.25

/** Pure: what do snapshots, the object and its source say? */
export function judgeHolder(evidence: HolderEvidence): HolderJudgement {
  const { holder, account, entryCount, limits, keyCount, sources } = evidence
  const counted = holder.countLeft + holder.countNew
  const count = holder.copiedCount ?? entryCount ?? (counted > 0 ? counted : null)
  const base = { cap: null, entryCount: count, isTimed: false }
  if (account) {
    const { cacheName, bytes, budgetBytes } = account
    return {
      verdict: 'fills',
      why: `is part of the cache ${cacheName}, which holds ${formatBytes(bytes)} of at most ${formatBytes(budgetBytes)}`,
      cap: count === null ? null : Math.round((count * budgetBytes) / bytes),
      entryCount: count,
      isTimed: false,
    }
  }
  if (holder.isInterval) return { ...base, verdict: 'holds', why: 'is kept by intervals that nobody clears' }
  if (holder.isTimer) return { ...base, verdict: 'expires', why: 'is held by timers that have not gone off yet' }
  if (holder.countBefore >= 20 && holder.countLeft < (1 - LET_GO_SHARE) * holder.countBefore)
    return { ...base, verdict: 'lets-go', why: 'lets go of its oldest entries' }
  let noRoom: string | null = null
  for (const bound of findBounds(holder, count, limits, sources)) {
    const { roomBytes } = evidence
    const { cap, why } = bound
    const takesBytes = bytesToFill(holder, count, bound, evidence.mostKeys)
    if (roomBytes === null || takesBytes <= NO_ROOM_TIMES * roomBytes) return { ...base, cap, why, verdict: 'fills' }
    noRoom ??= `${why}, which would take ${formatBytes(takesBytes)} more where the heap has room for ${formatBytes(roomBytes)}`
  }
  const name = lastName(holder.path)
  if (name !== null && sources.some((source) => expiresByTime(source, name)))
    return { ...base, verdict: 'expires', why: 'has code that removes entries by time, and none has left yet' }
  // As long as there are new keys, what is kept for each of them grows like what is kept for each request.
  if (noRoom === null && keyCount !== null && count !== null && count > 1 && count <= keyCount)
    return { ...base, verdict: 'fills', why: `has no more entries than the ${keyCount} keys that are asked for` }
  const isTimed = holder.path.startsWith('timerListMap') || sources.some(worksByTime)
  return { ...base, isTimed, verdict: 'holds', why: noRoom ?? 'lets nothing go' }
}

/** What it takes of the heap beyond what it has, when it is full or holds all that can be asked for; 0 where its bound may be none of entries. */
function bytesToFill(
  { countLeft, countNew, netBytes, offHeapBytes, alikeCount }: Holder,
  count: number | null,
  { cap, isOfEntries }: Bound,
  mostKeys: number,
): number {
  if (!isOfEntries || cap === null || count === null || countNew === 0 || alikeCount > 1) return 0
  // A key and its value are two things that came with one entry.
  const gained = (count * countNew) / (countLeft + countNew)
  // With more entries than there are keys, it is not they that it is filled with.
  const most = count > mostKeys ? cap : Math.min(cap, mostKeys)
  return Math.max(0, most - count) * (Math.max(0, netBytes - offHeapBytes) / gained)
}

function worksByTime(source: string): boolean {
  return /\bset(?:Timeout|Interval)\b/.test(source) && ageWords.test(source)
}

const ageWords = /\bttl\b|expir|maxAge|max_age|Date\.now|performance\.now|getTime\(|deadline|stale|windowMs/i

/**
 * Whether the source takes old entries out of `name` by itself: a removal, or a new collection put in its place, in the company of a clock,
 * and of a timer or a loop that gets to every entry. A removal that waits for its own key to be asked for again is none: keys that
 * never come back stay.
 */
function expiresByTime(source: string, name: string): boolean {
  const word = escapeName(name)
  const removal = new RegExp(removalPattern(word), 'g')
  for (const { index, 0: text } of source.matchAll(removal)) {
    const near = around(source, index, 15, 10)
    if (clockWords.test(near) && (sweepWords.test(near) || !/delete/.test(text))) return true
  }
  return renewals(source, word).some((index) => clockWords.test(around(source, index, 5, 4)))
}

const clockWords = new RegExp(`setTimeout|setInterval|${ageWords.source}`, 'i')
const sweepWords = /setTimeout|setInterval|setImmediate|\bfor\s*\(|\bfor\s+await|\bforEach\b|\bwhile\s*\(|\.filter\(/

/** Where an empty collection takes the place of a full one: an assignment that is no declaration and stands in no constructor. */
function renewals(source: string, word: string): number[] {
  const renewal = new RegExp(String.raw`((?:const|let|var|static|readonly)\s+)?${renewalPattern(word)}`, 'g')
  const heads = [...source.matchAll(functionHead)]
  return [...source.matchAll(renewal)].flatMap(({ index, 1: declared }) => {
    const last = heads.findLast((one) => one.index < index)
    const head = last ? last[0].slice(0, index - last.index) : ''
    return declared || head === '' || /\bconstructor\b|^\s*class\b|\bfunction\s+[A-Z]/.test(head) ? [] : [index]
  })
}

const functionHead =
  /^[^\S\n]*class\b[^\n]*|\bfunction\b[^\n]*|^[^\S\n]*(?:async\s+|static\s+)*(?!if|for|while|switch|catch|with|return)[\w$#]+\s*\([^;\n]*\)\s*\{|=>\s*\{/gm
