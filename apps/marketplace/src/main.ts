import cluster from 'node:cluster'
import { messageOf, PlimsollError } from '@plimsoll/core'
import { describeReady, runPrimary } from './cluster/primary.ts'
import { runWorker, type WorkerOptions } from './cluster/worker.ts'
import { parseOptions, usage } from './options.ts'

// Who started us may be gone, and its pipes with it: then nobody reads what we say, and that is no reason to close.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

// The shop's command. One primary, which owns the port, the database and the workers; the workers answer the requests.
if (cluster.isPrimary) await main()
else await runWorker(JSON.parse(process.env['MARKETPLACE_WORKER'] ?? '{}') as WorkerOptions)

async function main(): Promise<void> {
  try {
    const options = parseOptions(process.argv.slice(2), process.env, process.cwd())
    if (options === null) return void process.stdout.write(usage)
    // Told to the control door alone; a child has no use for it.
    delete process.env['MARKETPLACE_CONTROL_TOKEN']
    await runPrimary(options, {
      // A person reads a sentence; a program that started us reads one line of JSON.
      ready: (line) => console.log(process.stdout.isTTY ? describeReady(line) : JSON.stringify(line)),
      say: (line) => console.error(line),
    })
  } catch (error) {
    console.error(error instanceof PlimsollError ? error.message : `Longshore cannot start: ${explain(error)}`)
    process.exit(2)
  }
}

/** 53100 is PostgreSQL's disk_full, met while the shelves are filled. */
function explain(error: unknown): string {
  const isDiskFull = (error as { code?: unknown } | null)?.code === '53100'
  return isDiskFull
    ? `the disk is full (${messageOf(error)}). Free at least 200 MB or choose another folder with --data, then start again; nothing acknowledged is lost.`
    : messageOf(error)
}
