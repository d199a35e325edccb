/**
 * Why an entry left.
 * - `eviction`: room was needed, or the cache was shrunk
 * - `expiration`: it was too old
 * - `invalidation`: the truth changed: its tag was invalidated
 * - `replacement`: a newer value took its place
 * - `deletion`: somebody deleted it, cleared the cache or closed it
 */
export type { RemovalCause } from '@plimsoll/core/wire'
