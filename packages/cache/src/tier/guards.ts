import type { Change } from './follower.ts'

/** Something read or written elsewhere that is on its way here; worth keeping only if nothing newer was heard meanwhile. */
export interface Guard {
  readonly key: string
  mayKeep(tags: readonly string[] | undefined): boolean
  end(): void
}

/** Remembers, for values on their way, what was changed since they set out. */
export class Guards {
  readonly #active = new Set<ActiveGuard>()

  begin(key: string): Guard {
    const guard = new ActiveGuard(key, this.#active)
    this.#active.add(guard)
    return guard
  }

  heed({ kind, name }: Pick<Change, 'kind' | 'name'>): void {
    for (const guard of this.#active) {
      if (kind === 'tag') (guard.tags ??= new Set()).add(name)
      else if (kind === 'all' || guard.key === name) guard.isOvertaken = true
    }
  }
}

class ActiveGuard implements Guard {
  isOvertaken = false
  tags: Set<string> | null = null
  readonly key: string
  readonly #active: Set<ActiveGuard>

  constructor(key: string, active: Set<ActiveGuard>) {
    this.key = key
    this.#active = active
  }

  mayKeep(tags: readonly string[] | undefined): boolean {
    return !this.isOvertaken && !tags?.some((tag) => this.tags?.has(tag))
  }

  end(): void {
    this.#active.delete(this)
  }
}
