import { type PolicyName } from '../options.ts';
/** Why `dispose` is called, in lru-cache's words. */
export type DisposeReason = 'evict' | 'set' | 'delete' | 'expire';
/** What an inserted value does: the key was not here, was here with another value, or with this one. */
export type InsertReason = 'add' | 'replace' | 'update';
export interface FetchMethodOptions<FC> {
    signal: AbortSignal;
    options: object;
    context: FC;
}
/** lru-cache's options that hold here. Its other options are refused by name, rather than silently not obeyed. */
export interface LRUCacheOptions<K, V, FC = unknown> {
    max?: number;
    /** In the units of `sizeCalculation`. Without `sizeCalculation` and `size`, bytes: what each entry truly costs. */
    maxSize?: number;
    /** Larger entries are not stored. */
    maxEntrySize?: number;
    sizeCalculation?: (value: V, key: K) => number;
    /** In ms; 0 for never. */
    ttl?: number;
    updateAgeOnGet?: boolean;
    updateAgeOnHas?: boolean;
    dispose?: (value: V, key: K, reason: DisposeReason) => void;
    noDisposeOnSet?: boolean;
    onInsert?: (value: V, key: K, reason: InsertReason) => void;
    fetchMethod?: (key: K, staleValue: V | undefined, options: FetchMethodOptions<FC>) => Promise<V | undefined> | V | undefined;
    memoMethod?: (key: K, staleValue: V | undefined, options: {
        options: object;
        context: FC;
    }) => V;
    /** Accepted, as it makes no difference here: entries go when they are too old, by one timer for all. */
    ttlAutopurge?: boolean;
    ttlResolution?: number;
    /** Not lru-cache's: who stays. Default `lru`; `w-tinylfu` hits more often and knows no order of use. */
    policy?: PolicyName;
    /** Not lru-cache's: what people see in reports. */
    name?: string;
}
export interface SetOptions<K, V> {
    ttl?: number;
    size?: number;
    sizeCalculation?: (value: V, key: K) => number;
    noDisposeOnSet?: boolean;
}
/**
 * The common part of lru-cache 10 and 11, on this package's cache: change the import and keep the code. What is different: what is
 * too old is gone for everybody; with `policy: 'w-tinylfu'`, `keys`, `values` and `entries` are in no order.
 * @throws InvalidOptionError for an option of lru-cache's that does not hold here, and says so by name
 */
export declare class LRUCache<K extends NonNullable<unknown>, V extends NonNullable<unknown>, FC = unknown> {
    #private;
    readonly max: number;
    readonly maxSize: number;
    constructor(options: LRUCacheOptions<K, V, FC>);
    get size(): number;
    /** In the units of `sizeCalculation`, else bytes; 0 without `maxSize`. */
    get calculatedSize(): number;
    get(key: K): V | undefined;
    peek(key: K): V | undefined;
    has(key: K): boolean;
    set(key: K, value: V | undefined, options?: SetOptions<K, V>): this;
    delete(key: K): boolean;
    clear(): void;
    /** One call of `fetchMethod` for all who ask meanwhile. */
    fetch(key: K, options?: {
        context?: FC;
        signal?: AbortSignal;
        forceRefresh?: boolean;
    } & SetOptions<K, V>): Promise<V | undefined>;
    memo(key: K, options?: {
        context?: FC;
        forceRefresh?: boolean;
    } & SetOptions<K, V>): V;
    keys(): IterableIterator<K>;
    values(): IterableIterator<V>;
    entries(): IterableIterator<[K, V]>;
    [Symbol.iterator](): IterableIterator<[K, V]>;
    forEach(act: (value: V, key: K, self: this) => void, thisArg?: unknown): void;
    find(isWanted: (value: V, key: K, self: this) => boolean): V | undefined;
    /** For `load` of another one: the last used at the end. */
    dump(): [K, {
        value: V;
        size?: number;
    }][];
    load(entries: readonly (readonly [K, {
        value: V;
        size?: number;
        ttl?: number;
    }])[]): void;
}
