import type { Script } from './redis-link.ts';
/**
 * The entry; else, for who has a token, the right to load it.
 * KEYS state, value, lease; ARGV life, token or '', lease ms, the cache.
 * Answers {'hit', value, ms to live} | {'load', seq} | {'wait'} | {'miss'} | {'full'} | {'life'}.
 */
export declare const takeScript: Script;
/**
 * Keeps what was loaded, unless a newer truth has come or the lease was lost: that is the fence.
 * KEYS state, value, lease; ARGV life, token, seq when the lease was given, ms to live, tags as JSON, the cache, bytes.
 * Answers 'kept' | 'fenced' | 'full' | 'life'.
 */
export declare const fillScript: Script;
/** KEYS lease; ARGV token, ms: keeps the lease, or with 0 ms gives it back. Answers whether it was held. */
export declare const leaseScript: Script;
/**
 * A key has a newer truth: what is here goes, whoever loads it is fenced off, everybody is told. With bytes, they take its place,
 * unless they come so late that their sender has given up and may have sent newer ones by another way.
 * KEYS state, value, lease, log; ARGV life, entries of the log, channel, partition, change, ms to live or '', tags as JSON, bytes,
 * the latest server time for them in ms.
 * Answers {'done', seq, 'kept' | 'gone' | 'full' | 'late'} | {'life'}.
 */
export declare const changeKeyScript: Script;
/**
 * Everything with a tag, or of a cache, has a newer truth. Markers older than any entry can be are cleared away when there are many; if too many
 * are left all the same, a new life begins, which is safe and costs what was cached.
 * KEYS state, log; ARGV life, entries of the log, channel, partition, change, cache or cache.tag, most tags, longest ms to live, a new life.
 * Answers {'done', seq} | {'life'}.
 */
export declare const changeTagScript: Script;
/**
 * What was changed since a number. A server process that is not the one which named the life may have forgotten: a new life begins.
 * KEYS state, log; ARGV a new life, the caller's life or '', the number, most changes to answer.
 * Answers {life, seq, {change, …}, server time in ms}; fewer changes than numbers mean that some were forgotten.
 */
export declare const pollScript: Script;
/** KEYS a list of hot keys; ARGV the list and its ms to live, or nothing to read it. */
export declare const hotKeysScript: Script;
