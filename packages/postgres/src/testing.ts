import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { connect, type ConnectOptions } from './connect.ts'
import { createDatabase, dropDatabase } from './database.ts'
import type { Sql } from './sql.ts'
import { startEmbedded, type EmbeddedDatabase } from './embedded.ts'
import { checksumOf, migrate, orderMigrations, readMigrations } from './migrate.ts'
import { readProcess } from './process-info.ts'

export interface TestDatabaseOptions {
  /** Directory of migrations to apply. They run once in a test run; further databases are copies. */
  migrations?: string | URL
  /** Fills the database after the migrations, also once in a test run for each `key`: change the key with the data. */
  seed?: { key: string; fill: (sql: Sql) => Promise<void> }
  connection?: ConnectOptions
}

/** A database for one test file. */
export interface TestDatabase {
  readonly sql: Sql
  readonly name: string
  /** For another process; holds the password. */
  url(): string
  /** Closes the client and drops the database. */
  stop(): Promise<void>
}

/**
 * Gives a test file a fresh database of its own: about 60 ms, a second more for the first in a test run. All files of a
 * run share one cluster in the temporary directory, which a small watchman ends and removes when the run ends, however it
 * ends. Its commits are not durable (nobody pulls the plug of a test); for crash tests start an embedded database of your own.
 * With `PLIMSOLL_TEST_DATABASE_URL` in the environment the databases are made on that server instead.
 */
export async function openTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const cluster = await testCluster()
  const template = await prepareTemplate(cluster, options)
  const name = `test_${randomBytes(6).toString('hex')}`
  await cluster.createDatabase(name, template === null ? {} : { template })
  const sql = connect(cluster.address(name), { max: 5, ...options.connection })
  return {
    sql,
    name,
    url: () => cluster.url(name),
    async stop() {
      await sql.end({ timeout: 1 })
      await cluster.dropDatabase(name)
    },
  }
}

/** What a test wants of a cluster. */
export interface TestCluster extends Pick<EmbeddedDatabase, 'url' | 'createDatabase' | 'dropDatabase'> {
  address(database?: string): Parameters<typeof connect>[0]
}

/** Somebody else's server, where the user of the URL may make databases. */
function clusterAt(url: string): TestCluster {
  const at = (database = 'postgres') => Object.assign(new URL(url), { pathname: `/${database}` }).href
  const asAdmin = async <T>(act: (sql: Sql) => Promise<T>) => {
    const sql = connect(url, { max: 1, statementTimeoutMs: Infinity })
    try {
      return await act(sql)
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
  return {
    url: at,
    address: at,
    createDatabase: (name, options) => asAdmin((sql) => createDatabase(sql, name, options)),
    dropDatabase: (name) => asAdmin((sql) => dropDatabase(sql, name)),
  }
}

let shared: Promise<TestCluster> | undefined

/** The cluster of this test run, started by whoever asks first. */
export function testCluster(): Promise<TestCluster> {
  const elsewhere = process.env['PLIMSOLL_TEST_DATABASE_URL']
  shared ??= elsewhere ? Promise.resolve(clusterAt(elsewhere)) : startTestCluster()
  return shared
}

async function startTestCluster(): Promise<EmbeddedDatabase> {
  // A test runner forks its workers: their parent is the run. Threads share the runner's own process.
  const runPid = isMainThread ? process.ppid : process.pid
  const startedAt = readProcess(runPid)?.startedAt ?? ''
  const mark = createHash('sha256').update(`${runPid} ${startedAt}`).digest('hex').slice(0, 8)
  const dataDir = join(tmpdir(), `plimsoll-test-${runPid}-${mark}`)
  if (mkdirSync(dataDir, { recursive: true }) !== undefined) postWatchman(runPid, dataDir)
  return startEmbedded({
    dataDir,
    isOwner: false,
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' },
  })
}

/**
 * Waits for the end of the run and then ends the server and removes its directory. A shell, because it must outlive every
 * process of ours and cost next to nothing. The server is known by its cluster's id, so that no stranger with its pid is hit.
 */
const watchman = `
while kill -0 "$1" 2>/dev/null; do sleep 1; done
pid=$(head -n 1 "$2/pg18/postmaster.pid" 2>/dev/null)
id=$(sed 's/.*"clusterId":"\\([^"]*\\)".*/\\1/' "$2/pg18/plimsoll.json" 2>/dev/null)
if [ -n "$pid" ] && [ -n "$id" ] && { tr '\\0' ' ' <"/proc/$pid/cmdline" || ps -ww -o command= -p "$pid"; } 2>/dev/null | grep -qF "$id"; then
  kill -QUIT "$pid"
  tries=0
  while kill -0 "$pid" 2>/dev/null && [ $tries -lt 10 ]; do sleep 1; tries=$((tries + 1)); done
fi
rm -rf "$2"
`

function postWatchman(runPid: number, dataDir: string): void {
  spawn('/bin/sh', ['-c', watchman, 'plimsoll-watchman', String(runPid), dataDir], {
    cwd: '/',
    detached: true,
    stdio: 'ignore',
  }).unref()
}

/** The database to copy from, made once for each content; null when nothing has to be in it. */
async function prepareTemplate(cluster: TestCluster, options: TestDatabaseOptions): Promise<string | null> {
  const { migrations, seed } = options
  if (migrations === undefined && seed === undefined) return null
  const steps = migrations === undefined ? [] : orderMigrations(await readMigrations(migrations))
  const content = JSON.stringify([steps.map((step) => [step.name, checksumOf(step)]), seed?.key ?? null])
  const template = `template_${createHash('sha256').update(content).digest('hex').slice(0, 16)}`
  const admin = connect(cluster.address(), { max: 1, statementTimeoutMs: Infinity })
  try {
    // One process builds it, under another name until it is whole; the others wait for the lock and find it done.
    await admin`select pg_advisory_lock(hashtext(${template}))`
    const [found] = await admin`select 1 from pg_database where datname = ${template}`
    if (found) return template
    const draft = `${template}_draft`
    await cluster.dropDatabase(draft)
    await cluster.createDatabase(draft)
    const sql = connect(cluster.address(draft), { max: 2, statementTimeoutMs: Infinity })
    try {
      await migrate(sql, steps)
      await seed?.fill(sql)
    } finally {
      await sql.end({ timeout: 1 })
    }
    await admin.unsafe(`alter database "${draft}" rename to "${template}"`)
    return template
  } finally {
    await admin.end({ timeout: 1 })
  }
}
