import { BoundedCache } from '../bounded-cache.ts'
import type { ResolvedCacheOptions, Storable } from '../options.ts'
import { RecentChanges } from './recent-changes.ts'

/** Remembers what was let go of, for what is being made meanwhile. */
export class CacheWithChanges<V extends Storable> extends BoundedCache<string, V> {
  readonly changes: RecentChanges

  constructor(options: ResolvedCacheOptions<string, V>, createdAt: string | null) {
    super(options, createdAt)
    this.changes = new RecentChanges((options.random.next() * 2 ** 32) | 0)
  }

  override delete(key: string): boolean {
    this.changes.note(key)
    return super.delete(key)
  }

  override invalidateTag(tag: string): number {
    this.changes.note(tag)
    return super.invalidateTag(tag)
  }

  override clear(): void {
    this.changes.noteAll()
    super.clear()
  }
}
