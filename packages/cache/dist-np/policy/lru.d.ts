import type { Policy } from './policy.ts';
/** Who was not asked for the longest leaves first. Simple and quick; a scan or a loop larger than the cache empties it. */
export declare class Lru implements Policy {
    #private;
    bytesAt(capacity: number): number;
    resize(capacity: number): void;
    insert(slot: number): void;
    reweigh(): void;
    hit(slot: number): void;
    remove(slot: number): void;
    victim(): number;
    relocate(from: number, to: number): void;
    clear(): void;
    byUse(): IterableIterator<number>;
}
