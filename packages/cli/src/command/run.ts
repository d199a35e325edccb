import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { becomeInit, CommandNotStartedError, defaultRestartPolicy, runSupervised } from '@plimsoll/watch/supervise'
import { checkHttpUrl, countOf, textOf, UsageError, type Command } from '../command.ts'

const initScript = fileURLToPath(new URL('../../bin/init.sh', import.meta.url))

/** `plimsoll run`: any command under watch. */
export const run: Command = {
  name: 'run',
  usage: 'run [flags] -- COMMAND [ARGUMENT …]',
  summary: 'run a service under watch: a leak is named, a crash is followed by a restart',
  flags: {
    act: {
      value: 'MODE',
      choices: ['observe', 'ask', 'safe'],
      help: 'observe (default): touch nothing, tell what would be done; ask: do what a person allows; safe: clear or shrink registered caches, replace workers',
    },
    workers: {
      value: 'N',
      help: 'turn a plain script into a cluster of N, whose workers can be replaced without a dropped request',
    },
    console: { value: 'URL', help: 'console to report to; without one the terminal tells' },
    'token-file': { value: 'FILE', help: 'agent token of that console (it prints where it keeps it)' },
    signals: { value: 'FILE', help: 'append every signal to FILE as a line of JSON' },
    replace: {
      value: 'HOW',
      choices: ['exit', 'never'],
      help: 'how a process without siblings is replaced under --act=safe: exit (default where it listens) lets it drain and end with 75, to be started again here or by the orchestrator; never leaves it to crash',
    },
    'ready-path': {
      value: 'PATH',
      help: 'where the orchestrator asks for readiness: answered with 503 while the process leaves',
    },
    'ready-notice': {
      value: 'SECONDS',
      help: 'how long it goes on serving then (default 15: longer than the orchestrator’s period)',
    },
    evidence: {
      value: 'FOLDER',
      help: 'where what drained processes held is kept under --act=safe, for you alone (default: a folder below /tmp; none: nowhere)',
    },
    name: { value: 'NAME', help: 'what people call this process' },
    'max-restarts': {
      value: 'N',
      help: `restarts after crashes within ten minutes, then the crash passes through (default ${defaultRestartPolicy.maxRestarts})`,
    },
    'no-restart': { help: 'never restart: systemd or Kubernetes does that' },
  },
  notes: [
    'The exit code is the command’s own (128 + N when signal N ended it). PLIMSOLL=off switches the watch off.',
    'Example: plimsoll run -- node server.js',
  ],
  takesRest: true,
  async run(input) {
    const [file, ...args] = input.rest
    if (file === undefined)
      throw new UsageError('No command to run. Put it behind "--": plimsoll run -- node server.js')
    const workerCount = countOf(input, 'workers', { min: 1, max: 256 }) ?? 0
    if (workerCount > 0 && !/^node(?:\.exe)?$/.test(basename(file))) {
      throw new UsageError(
        `--workers forks a script of Node itself, so the command must begin with "node", and not with "${file}".`,
      )
    }
    const consoleUrl = textOf(input, 'console')
    if (consoleUrl !== undefined) checkHttpUrl('--console', consoleUrl)
    const maxRestarts = input.flags.has('no-restart') ? 0 : countOf(input, 'max-restarts', { min: 0, max: 1000 })
    becomeInit((line) => void process.stderr.write(`${line}\n`), initScript)
    try {
      return await runSupervised({
        command: [file, ...args],
        workerCount,
        consoleUrl,
        act: textOf(input, 'act') as 'observe' | 'ask' | 'safe' | undefined,
        tokenFile: textOf(input, 'token-file'),
        signalsFile: textOf(input, 'signals'),
        name: textOf(input, 'name'),
        replace: textOf(input, 'replace') as 'exit' | 'never' | undefined,
        readyNoticeSeconds: countOf(input, 'ready-notice', { min: 0, max: 300 }),
        evidenceFolder: textOf(input, 'evidence'),
        readyPath: readyPathOf(textOf(input, 'ready-path')),
        restart: { ...defaultRestartPolicy, maxRestarts: maxRestarts ?? defaultRestartPolicy.maxRestarts },
      })
    } catch (error) {
      if (!(error instanceof CommandNotStartedError)) throw error
      process.stderr.write(`plimsoll: ${error.message}\n`)
      return error.exitCode
    }
  },
}

function readyPathOf(path: string | undefined): string | undefined {
  if (path !== undefined && !path.startsWith('/')) {
    throw new UsageError(`--ready-path must be a path such as /readyz, and is "${path}".`)
  }
  return path
}
