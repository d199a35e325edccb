import type { Change } from './follower.ts';
/** Something read or written elsewhere that is on its way here; worth keeping only if nothing newer was heard meanwhile. */
export interface Guard {
    readonly key: string;
    mayKeep(tags: readonly string[] | undefined): boolean;
    end(): void;
}
/** Remembers, for values on their way, what was changed since they set out. */
export declare class Guards {
    #private;
    begin(key: string): Guard;
    heed({ kind, name }: Pick<Change, 'kind' | 'name'>): void;
}
