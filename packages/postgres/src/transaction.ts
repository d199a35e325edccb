import { InvalidOptionError } from '@plimsoll/core'
import type { Connection } from './connection.ts'
import { ConnectionOverError, TransactionRolledBackError } from './errors.ts'
import type { Query } from './query.ts'
import type { AnySql, SqlFactory, TransactionSql } from './sql.ts'

/** What runs inside a transaction. Array results are awaited together. */
export type Act<T> = (sql: TransactionSql) => T | Promise<T>

/**
 * Runs `act` between `begin` and `commit` on a connection that is ours alone. Any failed statement rolls all of it back, also one
 * whose error `act` swallowed, because the server would turn its `commit` into a rollback without a word.
 */
export async function runTransaction<T>(
  connection: Connection,
  makeSql: SqlFactory,
  options: string,
  act: Act<T>,
): Promise<T> {
  if (!/^[a-z ,]*$/i.test(options)) {
    throw new InvalidOptionError('Transaction', [
      { where: 'options', what: 'must be words such as read only or isolation level serializable' },
    ])
  }
  const outer = makeSql((query) => connection.run(query))
  await outer.unsafe(`begin ${options}`)
  try {
    const result = await runScope(connection, makeSql, act)
    const { command } = await outer.unsafe('commit')
    if (command !== 'COMMIT') throw new TransactionRolledBackError()
    return result
  } catch (error) {
    // A connection that cannot even roll back must not serve anybody else.
    if (!connection.isDead) await outer.unsafe('rollback').catch(() => connection.close())
    throw error
  }
}

async function runScope<T>(connection: Connection, makeSql: SqlFactory, act: Act<T>, depth = 1): Promise<T> {
  let isOver = false
  let failure: { error: unknown } | null = null
  const run = (query: Query) => {
    if (isOver) query.reject(new ConnectionOverError('The transaction'))
    else connection.run(query, (error) => (failure ??= { error }))
  }
  const sql = makeSql(run) as AnySql & Partial<TransactionSql>
  const savepoint = async <R>(inner: Act<R>): Promise<R> => {
    const name = `s${depth}`
    await sql.unsafe(`savepoint ${name}`)
    try {
      const result = await runScope(connection, makeSql, inner, depth + 1)
      await sql.unsafe(`release savepoint ${name}`)
      return result
    } catch (error) {
      await sql.unsafe(`rollback to savepoint ${name}`)
      throw error
    }
  }
  try {
    const result = await act(Object.assign(sql, { savepoint }))
    const settled = Array.isArray(result) ? ((await Promise.all(result)) as T) : result
    if (failure !== null) throw (failure as { error: unknown }).error
    return settled
  } finally {
    isOver = true
  }
}
