/** Remembers, for values on their way, what was changed since they set out. */
export class Guards {
    #active = new Set();
    begin(key) {
        const guard = new ActiveGuard(key, this.#active);
        this.#active.add(guard);
        return guard;
    }
    heed({ kind, name }) {
        for (const guard of this.#active) {
            if (kind === 'tag')
                (guard.tags ??= new Set()).add(name);
            else if (kind === 'all' || guard.key === name)
                guard.isOvertaken = true;
        }
    }
}
class ActiveGuard {
    isOvertaken = false;
    tags = null;
    key;
    #active;
    constructor(key, active) {
        this.key = key;
        this.#active = active;
    }
    mayKeep(tags) {
        return !this.isOvertaken && !tags?.some((tag) => this.tags?.has(tag));
    }
    end() {
        this.#active.delete(this);
    }
}
//# sourceMappingURL=guards.js.map