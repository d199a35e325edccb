import { diffSnapshots } from '@plimsoll/watch/snapshot'
import type { Command, Input } from '../command.ts'
import { formatDiff } from '../output/snapshot.ts'
import { createStyle } from '../output/style.ts'

/** `plimsoll diff`: what holds more than before. */
export const diff: Command = {
  name: 'diff',
  usage: 'diff BEFORE AFTER [flags]',
  summary: 'compare two heap snapshots: what holds more than before, and the way to it',
  flags: { json: { help: 'for other programs' } },
  notes: [
    'The two may come from one process or from two of the same program. Both should be warm: after the first minutes, and at like load.',
    'Example: plimsoll diff young.heapsnapshot old.heapsnapshot',
  ],
  words: { min: 2, max: 2 },
  async run(input: Input) {
    const [before, after] = input.words
    const found = diffSnapshots(before!, after!)
    const style = createStyle(process.stdout.isTTY === true, process.env)
    process.stdout.write(input.flags.has('json') ? `${JSON.stringify(found, null, 2)}\n` : formatDiff(found, style))
    return 0
  },
}
