import { execFile, spawn } from 'node:child_process'
import { constants, existsSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { messageOf } from '@plimsoll/core'

import { SoakInvalidError } from '../errors.ts'
import { quote } from '../subject/subject.ts'

/** Another version of the project, checked out beside it. */
export interface BaseCheckout {
  /** The folder that matches `cwd` of the version here. */
  cwd: string
  /** In short. */
  commit: string
  notes: string[]
  remove(): Promise<void>
}

const MAX_FOLDERS = 200
const MAX_WORDS = 8192
const GIT_OUTPUT_BYTES = 16 * 1024 * 1024

/**
 * Checks a version out into a folder of its own (a detached worktree; hooks do not run) with a copy of the packages that are installed
 * here, so that nothing has to be installed for versions that need the same.
 * @throws SoakInvalidError when `cwd` is in no Git repository, or there is no such version
 */
export async function checkOutBase(ref: string, cwd: string): Promise<BaseCheckout> {
  const root = await git(cwd, 'rev-parse', '--show-toplevel').catch(() => {
    throw new SoakInvalidError(`--against needs a Git repository, and ${cwd} is in none.`)
  })
  const commit = await git(root, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`).catch(
    () => {
      throw new SoakInvalidError(
        `There is no version "${ref}" in ${root}. In CI, fetch it first: actions/checkout with fetch-depth: 0, or git fetch origin ${ref}.`,
      )
    },
  )
  const prefix = await git(cwd, 'rev-parse', '--show-prefix')
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-base-'))
  const tree = join(folder, 'tree')
  const remove = async (): Promise<void> => {
    await git(root, 'worktree', 'remove', '--force', tree).catch(() => {})
    await rm(folder, { recursive: true, force: true })
    await git(root, 'worktree', 'prune').catch(() => {})
  }
  try {
    await git(root, '-c', 'core.hooksPath=/dev/null', 'worktree', 'add', '--detach', '--quiet', tree, commit)
    await copyPackages(root, tree)
    const notes = await describeLocks(root, commit, ref)
    return { cwd: join(tree, prefix), commit: commit.slice(0, 10), notes, remove }
  } catch (error) {
    await remove()
    throw new SoakInvalidError(`"${ref}" could not be checked out: ${messageOf(error)}`, { cause: error })
  }
}

/** Links between packages of one repository are relative, and lead to the copy. */
async function copyPackages(root: string, tree: string): Promise<void> {
  const manifests = await git(tree, 'ls-files', '--', 'package.json', '*/package.json')
  const folders = manifests.split('\n').filter(Boolean).map(dirname).slice(0, MAX_FOLDERS)
  for (const folder of folders) {
    const from = join(root, folder, 'node_modules')
    const to = join(tree, folder, 'node_modules')
    if (!existsSync(from) || existsSync(to)) continue
    await cp(from, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE })
  }
}

async function describeLocks(root: string, commit: string, ref: string): Promise<string[]> {
  const locks = ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml']
  const changed = await git(root, 'diff', '--name-only', commit, '--', ...locks)
  return changed === ''
    ? []
    : [
        `${changed.replaceAll('\n', ', ')} differs from ${ref}: both versions run with the packages that are installed here. To install those of each: --build 'npm ci && npm run build'`,
      ]
}

/** @throws SoakInvalidError with what it said last */
export async function build(command: string, cwd: string, name: string, abortSignal?: AbortSignal): Promise<void> {
  let words = ''
  const isGrouped = process.platform !== 'win32'
  const child = spawn(command, { cwd, shell: true, detached: isGrouped, stdio: ['ignore', 'pipe', 'pipe'] })
  const hear = (chunk: Buffer): void => void (words = (words + chunk.toString()).slice(-MAX_WORDS))
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const end = (): void => {
    try {
      if (isGrouped) process.kill(-child.pid!, 'SIGTERM')
      else child.kill()
    } catch {
      // It has ended by itself.
    }
  }
  abortSignal?.addEventListener('abort', end, { once: true })
  const how = await new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`))
    child.once('close', (code, signal) => resolve(code === 0 ? null : `ended with ${signal ?? `exit code ${code}`}`))
  })
  abortSignal?.removeEventListener('abort', end)
  abortSignal?.throwIfAborted()
  if (how !== null) throw new SoakInvalidError(`The build of ${name}, "${command}", ${how}.${quote(words)}`)
}

function git(cwd: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('git', args, { cwd, maxBuffer: GIT_OUTPUT_BYTES }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr.trim() || error.message))
      else resolve(stdout.trimEnd())
    })
  })
}
