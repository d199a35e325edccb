import { summarizeSnapshot } from '@plimsoll/watch/snapshot'
import type { Command, Input } from '../command.ts'
import { formatSummary } from '../output/snapshot.ts'
import { createStyle } from '../output/style.ts'

/** `plimsoll snapshot`: what a heap holds, and who holds it. */
export const snapshot: Command = {
  name: 'snapshot',
  usage: 'snapshot FILE [flags]',
  summary: 'read a heap snapshot: what holds most, by the names the program gave it',
  flags: { json: { help: 'for other programs' } },
  notes: [
    'Reads what v8.writeHeapSnapshot(), node --heapsnapshot-signal=SIGUSR2 and Chrome write. A snapshot holds users’ data: treat it as one treats a database.',
    'Example: plimsoll snapshot Heap.20261122.heapsnapshot',
  ],
  words: { min: 1, max: 1 },
  async run(input: Input) {
    const [file] = input.words
    const summary = summarizeSnapshot(file!)
    const style = createStyle(process.stdout.isTTY === true, process.env)
    process.stdout.write(
      input.flags.has('json') ? `${JSON.stringify(summary, null, 2)}\n` : formatSummary(file!, summary, style),
    )
    return 0
  },
}
