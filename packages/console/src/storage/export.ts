import type { AnySql, Sql } from '@plimsoll/postgres'
import { RefusedError } from '../errors.ts'

/** What is exported, in the order in which it can be taken in. Sessions, tokens and links are of one installation. */
const tables = [
  'incidents',
  'events',
  'timers',
  'outbox',
  'commands',
  'alerts',
  'silences',
  'rule_states',
  'heartbeats',
  'deploys',
  'people',
  'audit',
  'configurations',
] as const
type Table = (typeof tables)[number]

const numbered: readonly Table[] = ['incidents', 'outbox', 'audit']
const FORMAT = 'plimsoll-console-export'
const VERSION = 1
const PORTION = 500

/** Everything that is stored, one JSON document a line: a head, then rows as `[table, row]`. No password leaves. */
export async function* exportAll(sql: Sql, nowMs: number): AsyncGenerator<string> {
  yield `${JSON.stringify({ format: FORMAT, version: VERSION, exportedAtMs: nowMs })}\n`
  for (const table of tables) {
    const rows = sql<{ row: Record<string, unknown> }[]>`select to_jsonb(stored) as row from ${sql(table)} stored`
    for await (const portion of rows.cursor(PORTION)) {
      yield portion
        .map(({ row }) => `${JSON.stringify([table, table === 'people' ? { ...row, password_hash: null } : row])}\n`)
        .join('')
    }
  }
}

/**
 * Takes an export in, all of it or nothing. Answers how many rows.
 * @throws {@link RefusedError} when it is none, or this console has incidents already
 */
export async function importAll(sql: Sql, text: string): Promise<number> {
  const [head = '', ...lines] = text.split('\n').filter((line) => line !== '')
  const { format, version } = (parse(head, 1) ?? {}) as { format?: unknown; version?: unknown }
  if (format !== FORMAT) throw refuse('The first line does not say that this is an export of a console.')
  if (version !== VERSION)
    throw refuse(`It is of version ${String(version)}; this console reads version ${VERSION}. Update the older side.`)
  const rows = new Map<Table, unknown[]>(tables.map((table) => [table, []]))
  for (const [index, line] of lines.entries()) {
    const [table, row] = (parse(line, index + 2) ?? []) as [Table, unknown]
    const known = rows.get(table)
    if (!known || typeof row !== 'object' || row === null)
      throw refuse(`Line ${index + 2} is no row of a table that is known here.`)
    known.push(row)
  }
  return sql.begin(async (inside) => {
    // Nobody opens one meanwhile: it would take the number of one of the export's.
    await inside`lock table incidents in exclusive mode`
    const [found] = await inside`select 1 from incidents limit 1`
    if (found)
      throw refuse('This console has incidents already. Import into an empty one: a new data folder or database.')
    // What was tried here before has the same numbers, as what is tried meanwhile would: they get new ones, behind those of the export.
    await inside`lock table audit in exclusive mode`
    const tried = await inside`delete from audit returning id, at_ms, who, role, what, status`
    for (const [table, all] of rows) {
      for (let at = 0; at < all.length; at += PORTION) await insert(inside, table, all.slice(at, at + PORTION))
    }
    for (const table of numbered) {
      await inside`select setval(pg_get_serial_sequence(${table}, 'id'), coalesce((select max(id) from ${inside(table)}), 0) + 1, false)`
    }
    await inside`
      insert into audit (at_ms, who, role, what, status)
      select at_ms, who, role, what, status from jsonb_to_recordset(${JSON.stringify(tried)}::text::jsonb)
        as own (id integer, at_ms bigint, who text, role text, what text, status integer) order by at_ms, id`
    return lines.length
  })
}

async function insert(sql: AnySql, table: Table, rows: unknown[]): Promise<void> {
  await sql`
    insert into ${sql(table)} overriding system value
    select * from jsonb_populate_recordset(null::${sql(table)}, ${JSON.stringify(rows)}::text::jsonb)
    on conflict do nothing`
}

function parse(line: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw refuse(`Line ${number} is no JSON: the file is cut off or not an export.`)
  }
}

function refuse(message: string): RefusedError {
  return new RefusedError(409, 'IMPORT', message)
}
