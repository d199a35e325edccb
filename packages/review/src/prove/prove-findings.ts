import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { namesOfCallers, understand } from 'eslint-plugin-plimsoll/analysis'
import { parseSource } from '../parse/parse.ts'
import type { Report, ReviewFinding } from '../finding.ts'
import { offsetOf, type Proof, type ProofTask } from './proof.ts'

export interface ProveOptions {
  /** Where the paths of the report start. */
  folder: string
  /** Findings that are run at most, worst first. Default 50. */
  maxFindings?: number
  /** Time to measure one. Default 8 s; loading and looking for a call may take as long again. */
  withinMs?: number
}

/** Memory of the process that runs the code, in MB: enough for a module and a leak of some thousand calls. */
const maxHeapMb = 512
const nobody = 65_534

/**
 * Runs the code that findings speak of, each in a process of its own with limits for time and memory, an empty environment and, where
 * we are root, as nobody; and writes to each finding what came of it. Suspects that are proven become findings, the rest of them goes.
 * That is no sandbox: the code may do all that such a process may.
 */
export async function proveFindings(report: Report, options: ProveOptions): Promise<void> {
  const { folder, maxFindings = 50, withinMs = 8000 } = options
  for (const finding of report.findings.filter(({ dependency }) => dependency === null).slice(0, maxFindings))
    finding.proof = await run(taskOf(finding, { folder, withinMs, isLettingGo: false }))
  for (const suspect of report.suspects.splice(0).slice(0, maxFindings)) {
    suspect.proof = await run(taskOf(suspect, { folder, withinMs, isLettingGo: true }))
    if (suspect.proof.verdict === 'proven') report.findings.push(suspect)
  }
}

function taskOf(
  { path, place: { line, column }, caller, rule }: ReviewFinding,
  { folder, ...limits }: { folder: string; withinMs: number; isLettingGo: boolean },
): ProofTask {
  const file = resolve(folder, path)
  const callerName = /(?:every new )([\w$]+)$|([\w$]+)\(\)$/.exec(caller)?.slice(1).find(Boolean) ?? ''
  const names = [callerName, ...namesAt(file, line, column)].filter((name) => name !== '')
  const isAboutSignal = rule === 'no-abort-listener-left'
  return { file, line, column, callerNames: [...new Set(names)], isAboutSignal, ...limits }
}

/** By which names a line is come by within its file. */
function namesAt(file: string, line: number, column: number): string[] {
  const source = readFileSync(file, 'utf8')
  const { root } = parseSource(source, file)
  return root ? namesOfCallers(offsetOf(source, line, column), understand(root, source)) : []
}

function run(task: ProofTask): Promise<Proof> {
  const scratch = mkdtempSync(join(tmpdir(), 'plimsoll-prove-'))
  // Whoever runs there has to get in.
  chmodSync(scratch, 0o777)
  const isRoot = process.getuid?.() === 0
  const child = fork(fileURLToPath(new URL('./child.js', import.meta.url)), {
    cwd: scratch,
    env: { HOME: scratch, NODE_ENV: 'production' },
    execArgv: [`--max-old-space-size=${maxHeapMb}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    ...(isRoot ? { uid: nobody, gid: nobody } : {}),
  })
  return new Promise<Proof>((answer) => {
    const giveUp = (what: string): void => answer({ verdict: 'not drivable', bytesPerCall: null, what })
    const timer = setTimeout(() => giveUp('it did not end in time'), 2 * task.withinMs + 2000)
    child.once('message', (proof) => answer(proof as Proof))
    child.once('error', (error) => giveUp(error.message))
    child.once('exit', (code, signal) => giveUp(`its process ended (${signal ?? code}), perhaps out of memory`))
    child.send(task)
    child.once('close', () => clearTimeout(timer))
  }).finally(() => {
    child.kill('SIGKILL')
    rmSync(scratch, { recursive: true, force: true })
  })
}
