import type { User } from '@plimsoll/soak/traffic'

/** Where shops buy their visitors. */
const campaigns = [
  { source: 'newsletter', medium: 'email', campaign: 'spring-voyage' },
  { source: 'search', medium: 'cpc', campaign: 'brand' },
  { source: 'search', medium: 'cpc', campaign: 'second-hand' },
  { source: 'social', medium: 'paid', campaign: 'makers' },
  { source: 'comparison', medium: 'referral', campaign: 'feed' },
  { source: 'direct', medium: 'none', campaign: 'none' },
]

/** Writes an address as the visitor's browser would ask for it. */
export type Track = (path: string) => string

/**
 * Addresses as real shops have them: the session's id and the campaign that brought it ride along on every link. They mean
 * nothing to what a page shows, so a cache that takes the whole address for its key never meets the same key twice.
 */
export function createTracking(user: User): Track {
  const { source, medium, campaign } = user.pick(campaigns)
  const parameters = `sid=${user.id}&utm_source=${source}&utm_medium=${medium}&utm_campaign=${campaign}`
  return (path) => `${path}${path.includes('?') ? '&' : '?'}${parameters}`
}
