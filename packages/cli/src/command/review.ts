import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { formatReport, formats, judgeReport, proveFindings, reviewPaths, type Format } from '@plimsoll/review'
import { countOf, textOf, type Command, type Input } from '../command.ts'

const defaultWidth = 100

/** `plimsoll review`: what grows and cannot shrink, by reading the code. Runs none of it without --prove. */
export const review: Command = {
  name: 'review',
  usage: 'review [flags] [PATH…]',
  summary: 'review code for what grows and cannot shrink',
  flags: {
    format: { value: 'FORMAT', choices: formats, help: 'human (default), json, sarif, github or markdown' },
    fix: { help: 'make the changes that provably keep what the code does' },
    deps: { help: 'review what the code imports too, and look installed versions up in the table of known leaks' },
    prove: {
      help: 'run what is found, and what reading leaves open, and see whether it grows: only for code you would run anyway, it is not a sandbox',
    },
    baseline: { value: 'FILE', help: 'findings in it are known; without such a file, this run writes it' },
    'max-warnings': { value: 'N', help: 'how many findings of severity medium may stand. Default: any number' },
  },
  notes: [
    'PATH is a file or a folder, by default the folder you are in. JavaScript of any age, JSX, TypeScript and Flow; no configuration.',
    'Exit code: 1 when a finding of severity high or a proven one stands or more of the rest than --max-warnings, 0 otherwise, 2 when it could not be done.',
    'Silence a line with a reason: // plimsoll-ignore-next-line RULE -- why it is bounded',
  ],
  words: { min: 0, max: 10_000 },
  async run(input: Input) {
    const folder = process.cwd()
    const format = (textOf(input, 'format') ?? 'human') as Format
    const { report, wroteBaseline } = reviewPaths({
      paths: input.words.length > 0 ? input.words : ['.'],
      folder,
      isFixing: input.flags.has('fix'),
      withDependencies: input.flags.has('deps'),
      withSuspects: input.flags.has('prove'),
      baseline: textOf(input, 'baseline'),
    })
    if (input.flags.has('prove')) await proveFindings(report, { folder })
    process.stdout.write(
      formatReport(report, format, {
        version: readVersion(),
        isColoured: Boolean(process.stdout.isTTY) && !process.env['NO_COLOR'],
        width: process.stdout.columns ?? defaultWidth,
        sourceOf: (path) => readSource(resolve(folder, path)),
      }),
    )
    if (wroteBaseline)
      process.stderr.write(
        `Wrote ${textOf(input, 'baseline')} with ${report.knownCount} known findings; new ones will be told.\n`,
      )
    return judgeReport(report, countOf(input, 'max-warnings', { min: 0, max: 1_000_000 }))
  },
}

function readSource(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return manifest.version
}
