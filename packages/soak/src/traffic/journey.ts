import type { Random } from '@plimsoll/core'

import type { Answer } from './answer.ts'
import type { Method } from './client.ts'
import type { Form } from './page.ts'

/** What one kind of visitor does, from arriving to leaving. */
export interface Journey {
  /** How often it is chosen, against the weights of the others. */
  weight: number
  /** Ends when the visitor leaves; a request that failed and is not caught ends it too. */
  run(user: User): Promise<void>
}

/** Clients that are there all the time, each on its own connection: crawlers, pollers. They count as requests, not as sessions. */
export interface Resident {
  count: number
  /** When the first one starts, in ms since the start; the others follow at even distances within a second. Default 0. */
  startAfterMs?: number
  run(user: User): Promise<void>
}

export interface AskOptions {
  /** Name under which the request is counted. Default: method and path, without the query, numbers as `:id`. */
  route?: string
  /** Statuses of 400 and above that are right as well, and do not make it a failure. Default: none. */
  accept?: readonly number[]
  /** Sent along, by name. */
  headers?: Readonly<Record<string, string>>
}

export type Fields = Readonly<Record<string, string | number>>

/** How an attempt to buy ended: `declined` is a right answer (no money, sold out), `failed` is the service's fault. */
export interface Checkout {
  outcome: 'paid' | 'declined' | 'failed'
  /** What was in the cart, in the smallest unit of its money. */
  amountMinor: number
}

/**
 * One visitor: one connection, one cookie jar, one source of chance. Requests go one after another. Each is timed from the
 * instant it was meant for: the arrival, the end of a think time, or the answer before.
 */
export interface User {
  /** Distinct within a run, and the same in every run with the same seed. */
  readonly id: string
  readonly random: Random
  /** Asks for a path (or an address of the same origin) and follows redirects. @throws RequestFailedError, already counted */
  get(path: string, options?: AskOptions): Promise<Answer>
  /** Posts fields as a form does, and follows redirects. @throws RequestFailedError, already counted */
  post(path: string, fields: Fields, options?: AskOptions): Promise<Answer>
  /** Sends any method, with a body as JSON when there is one, and follows redirects. @throws RequestFailedError, already counted */
  send(method: Method, path: string, json?: unknown, options?: AskOptions): Promise<Answer>
  /** Sends a form of a page with its own fields, hidden ones too; a change replaces all fields of its name. @throws RequestFailedError */
  submit(page: Answer, form: Form, changes?: Fields, options?: AskOptions): Promise<Answer>
  /** Pauses for a log-normal time: half of the pauses are shorter than the median (ms, or `1s`). `sigma` 0.6 unless told; at most 20 medians. */
  think(median: number | string, sigma?: number): Promise<void>
  /** A number nobody was given before in this run, from 1: for keys that are always new. */
  fresh(): number
  /** A rank from 0 (the most popular) to `count − 1` by Zipf's law; exponent 0.9 unless told. */
  zipf(count: number, exponent?: number): number
  /** One of a list, each as likely. @throws when the list is empty */
  pick<T>(list: readonly T[]): T
  /** True with the given probability. */
  chance(probability: number): boolean
  /** Hangs up: the next request opens a new connection. */
  reconnect(): void
  /** Counts an attempt to buy. */
  recordCheckout(checkout: Checkout): void
}

/** What a module gives to the traffic process: who comes. */
export interface Scenario {
  journeys: Record<string, Journey>
  residents?: Record<string, Resident>
}

/** Exported under the name `createScenario` by a scenario module; `parameters` is the JSON that was passed along. */
export type CreateScenario = (parameters: unknown) => Scenario | Promise<Scenario>
