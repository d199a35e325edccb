import { InvalidOptionError } from '@plimsoll/core'
import type { FetchOptions } from '../cache.ts'
import { EntryTooLargeError } from '../errors.ts'
import type { EntryOptions, Loader, ResolvedCacheOptions, Storable } from '../options.ts'
import { SingleFlight, type FlightControls } from './single-flight.ts'

/** What loading needs of the cache that it fills. */
export interface Filled<K, V> {
  /** @throws when the entry cannot be kept */
  put(key: K, value: V, entry: EntryOptions): void
  /** What stands under the key is not the truth any more. */
  drop(key: K): void
  /** The act is over: listeners may be told. */
  finish(): void
  /** Whether a value that makes `put` throw this is answered all the same, and only not kept. */
  isUnkept(error: unknown): boolean
}

/** Gets what is not here, for any store: who waits for which load, what is kept of it, and how often that happened. */
export class ReadThrough<K, V extends Storable> {
  readonly flights: SingleFlight<K, V | undefined>
  loadCount = 0
  loadFailureCount = 0
  staleCount = 0
  uncachedCount = 0
  readonly #load: Loader<K, V> | undefined
  readonly #filled: Filled<K, V>

  constructor({ clock, loadTimeoutMs, load }: ResolvedCacheOptions<K, V>, filled: Filled<K, V>) {
    this.flights = new SingleFlight({ clock, timeoutMs: loadTimeoutMs })
    this.#load = load
    this.#filled = filled
  }

  /** The loaded value, or the stale one at once where there is one, with one refresh behind it. */
  fetch(key: K, options: FetchOptions<K, V>, stale: V | undefined): Promise<V | undefined> {
    const load = options.load ?? this.#load
    if (!load) return Promise.reject(new InvalidOptionError('fetch', [{ where: 'load', what: noLoader }]))
    const start = (controls: FlightControls) => this.#start(key, load, options, controls)
    if (stale === undefined) return this.flights.join(key, start, options.abortSignal)
    this.staleCount++
    this.flights.refresh(key, start)
    return Promise.resolve(stale)
  }

  async #start(key: K, load: Loader<K, V>, options: EntryOptions, controls: FlightControls): Promise<V | undefined> {
    this.loadCount++
    const entry: EntryOptions = { ttlMs: options.ttlMs, tags: options.tags, bytes: options.bytes }
    let value: V | undefined
    try {
      value = await load(key, { abortSignal: controls.abortSignal, entry })
    } catch (error) {
      this.loadFailureCount++
      throw error
    }
    if (value !== undefined && controls.mayKeep(entry.tags)) this.#keep(key, value, entry)
    return value
  }

  #keep(key: K, value: V, entry: EntryOptions): void {
    try {
      this.#filled.put(key, value, entry)
    } catch (error) {
      this.#filled.drop(key)
      if (!(error instanceof EntryTooLargeError || this.#filled.isUnkept(error))) throw error
      this.uncachedCount++
    } finally {
      this.#filled.finish()
    }
  }
}

const noLoader = 'is needed: give createCache or this fetch a load function'
