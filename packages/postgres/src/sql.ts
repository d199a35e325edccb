import type postgres from 'postgres'
import { watchQueries, type Query } from './query.ts'

/** Types a query takes as a parameter beyond the client's own. */
type ExtraParameter = number | bigint

type Rows = readonly (object | undefined)[]

/** A query that is sent when somebody awaits it. What is not here does not work: cancelling it, COPY streams. */
export interface PendingQuery<T extends Rows> extends Promise<postgres.RowList<T>> {
  /** Rows as lists of values, in the order of the columns. */
  values(): Promise<unknown[][]>
  /** Rows in portions of so many, each fetched when the loop comes to it. */
  cursor(rowCount: number): AsyncIterable<T[number][]>
}

/** A query inside another one, whatever rows it would have alone. */
type Fragment = Pick<PendingQuery<Rows>, 'values'>

/** What may stand in a query: a value, a helper, or another query as a fragment. */
export type SqlValue = postgres.SerializableParameter<ExtraParameter> | Fragment | Fragment[]

/** Whatever can run a query: a client or a transaction. */
export interface AnySql {
  /** A query, sent when it is awaited; or, inside another one, a fragment of it. Values become parameters. */
  <T extends Rows = postgres.Row[]>(template: TemplateStringsArray, ...values: readonly SqlValue[]): PendingQuery<T>
  /** A name or names, quoted; a row or rows for `insert` and `update`; a list for `in`. */
  <T extends string | readonly unknown[] | object>(first: T, ...columns: string[]): postgres.Helper<T, string[]>
  /** A query from text: for statements that are themselves data, such as migrations. Never put values into the text. */
  unsafe<T extends Rows = postgres.Row[]>(
    text: string,
    values?: postgres.ParameterOrJSON<ExtraParameter>[],
    options?: postgres.UnsafeQueryOptions,
  ): PendingQuery<T>
  /** A value as `jsonb`. */
  json(value: postgres.JSONValue): postgres.Parameter
  /** A list as one array parameter: `= any(${sql.array(ids)})`. */
  array<T extends postgres.SerializableParameter<ExtraParameter>[]>(
    values: T,
    type?: number,
  ): postgres.ArrayParameter<T>
}

/** A client inside a transaction. */
export interface TransactionSql extends AnySql {
  /** A part that may fail alone: its failure rolls back only this part, and is thrown. */
  savepoint<T>(act: (sql: TransactionSql) => T | Promise<T>): Promise<T>
}

/** A client of a database with a pool of connections. */
export interface Sql extends AnySql {
  /**
   * Runs `act` in a transaction on a connection of its own: commits when it fulfils, rolls back when it or any of its
   * statements fails. `options` are the words after `begin`, such as `read only`.
   */
  begin<T>(act: (sql: TransactionSql) => T | Promise<T>): Promise<T>
  begin<T>(options: string, act: (sql: TransactionSql) => T | Promise<T>): Promise<T>
  /** Takes no more work, lets what runs finish for `timeout` seconds (default 30), and closes. Idempotent. */
  end(options?: { timeout?: number }): Promise<void>
}

/** Makes a face of the client whose queries are run by somebody else. */
export type SqlFactory = (run: (query: Query) => void) => AnySql

/** `builder` is a client of postgres.js that never connects: it writes queries, we run them. */
export function createSqlFactory(builder: postgres.Sql): SqlFactory {
  watchQueries(builder`select 1`)
  return (run) => {
    const direct = <T>(query: T): T => {
      Object.assign(query as Query, { handler: run, canceller: null })
      return query
    }
    const tag = (first: TemplateStringsArray, ...rest: never[]) => {
      const made = builder(first, ...rest)
      // Everything else the function makes is a helper: a name, a list, a row.
      return Array.isArray(first.raw) ? direct(made) : made
    }
    return Object.assign(tag, {
      unsafe: (...args: Parameters<postgres.Sql['unsafe']>) => direct(builder.unsafe(...args)),
      json: builder.json,
      array: builder.array,
    }) as unknown as AnySql
  }
}
