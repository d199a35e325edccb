import { formatBytes, SECOND_MS } from '@plimsoll/core'
import {
  arrivalsPerSec,
  isServing,
  RUSH,
  trafficFactor,
  type ProcessFacts,
  type ServiceFacts,
} from '../../rule/facts.ts'
import { listNames, percent } from '../../words.ts'
import type { Check } from '../check.ts'

/** A floor that rises slower than this share of its limit a minute is no leak anybody is paged for. */
const RISING_SHARE_PER_MIN = 0.025

/** Whether memory stays after collection because something holds on, or the service is merely asked for more. */
export const leakOrLoadCheck: Check = {
  name: 'leak-or-load',
  title: 'Leak or load?',
  judge(facts, incident) {
    const serving = facts.processes.filter(
      (process) => isServing(process) && process.presence !== 'gone' && process.latest,
    )
    if (serving.length === 0) return null
    const traffic = describeTraffic(facts)
    const evidence = [
      ...serving.slice(0, 10).map((process) => ({ label: process.identity.name, value: describeFloor(process) })),
      { label: 'traffic', value: traffic },
    ]
    const leaking = serving.filter(({ leak }) => leak !== null)
    if (leaking.length > 0) {
      const worst = leaking.sort((one, other) => (other.growthBytesPerMin ?? 0) - (one.growthBytesPerMin ?? 0))[0]!
      const others = leaking.length > 1 ? `, and so do ${leaking.length - 1} more` : ''
      return {
        verdict: 'guilty',
        sentence: `A leak, not load: what stays in ${worst.identity.name} after garbage collection rises ${describeGrowth(worst)}${others}, while ${traffic}.`,
        evidence,
      }
    }
    const factor = trafficFactor(facts)
    const rising = serving.filter(isRising)
    if (rising.length > 0) {
      const names = listNames(rising.map(({ identity }) => identity.name))
      const sentence = `What stays in ${names} rises and no cache with a budget explains it, but not yet like a leak; ${traffic}.`
      return { verdict: 'suspect', sentence, evidence }
    }
    // A leak is claimed some time after its first symptoms: do not acquit at once.
    if (facts.atMs - incident.openedAtMs < 5 * SECOND_MS) return null
    const sentence = factor >= RUSH ? describeLoad(facts) : `No leak: no floor rises like one; ${traffic}.`
    return { verdict: 'ok', sentence, evidence }
  },
}

export function describeLoad(facts: ServiceFacts): string {
  return `Load, not a leak: ${describeTraffic(facts)}, and no process claims a leak.`
}

function isRising({ netGrowthBytesPerMin, limitBytes }: ProcessFacts): boolean {
  return (
    netGrowthBytesPerMin !== null && limitBytes !== null && netGrowthBytesPerMin > RISING_SHARE_PER_MIN * limitBytes
  )
}

function describeTraffic(facts: ServiceFacts): string {
  const rate = arrivalsPerSec(facts)
  if (rate === 0) return 'no request is seen'
  if (!facts.usualRequestsPerSec) return `traffic is ${Math.round(rate)} requests/s`
  const factor = trafficFactor(facts)
  if (factor >= RUSH) return `traffic is ${factor.toFixed(1)} times the usual`
  if (Math.abs(factor - 1) < 0.1) return 'traffic is as usual'
  return `traffic is ${percent(Math.abs(factor - 1))} ${factor > 1 ? 'above' : 'below'} the usual`
}

function describeGrowth({ growthBytesPerMin, leak }: ProcessFacts): string {
  if (leak?.slope?.unit === 'countPerMin') return `by ${Math.round(leak.slope.estimate)} a minute`
  return growthBytesPerMin === null ? 'steadily' : `${formatBytes(growthBytesPerMin)} a minute`
}

function describeFloor(process: ProcessFacts): string {
  const depth = process.depthBytes === null ? 'unknown' : formatBytes(process.depthBytes)
  const growth = process.growthBytesPerMin === null ? '' : `, ${formatBytes(process.growthBytesPerMin)}/min`
  return `${depth}${process.isFloor ? ' after garbage collection' : ''}${growth}`
}
