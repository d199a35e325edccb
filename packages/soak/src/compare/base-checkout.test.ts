import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, expect, test } from 'vitest'

import { build, checkOutBase } from './base-checkout.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'base-checkout-'))
  folders.push(folder)
  return folder
}

function git(cwd: string, ...args: string[]): string {
  const settings = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false']
  return execFileSync('git', [...settings, ...args], { cwd, encoding: 'utf8', stdio: 'pipe' })
}

/** A project in `app/` with a version `old` and another one on top, packages installed, one of them a link within the repository. */
function makeProject(): { root: string; app: string } {
  const root = makeFolder()
  const app = join(root, 'app')
  mkdirSync(join(app, 'node_modules', 'other'), { recursive: true })
  git(root, 'init', '--quiet')
  writeFileSync(join(root, '.gitignore'), 'node_modules/\n')
  writeFileSync(join(app, 'package.json'), '{}')
  writeFileSync(join(app, 'node_modules', 'other', 'index.js'), 'installed')
  symlinkSync('../..', join(app, 'node_modules', 'self'))
  writeFileSync(join(app, 'server.js'), 'old')
  git(root, 'add', '.')
  git(root, 'commit', '--quiet', '-m', 'old')
  git(root, 'tag', 'old')
  writeFileSync(join(app, 'server.js'), 'new')
  git(root, 'commit', '--quiet', '-a', '-m', 'new')
  return { root, app }
}

test('a version stands beside this one with the packages that are installed, and is gone afterwards', async () => {
  const { root, app } = makeProject()
  const base = await checkOutBase('old', app)
  expect(readFileSync(join(base.cwd, 'server.js'), 'utf8')).toBe('old')
  expect(readFileSync(join(app, 'server.js'), 'utf8')).toBe('new')
  expect(readFileSync(join(base.cwd, 'node_modules', 'other', 'index.js'), 'utf8')).toBe('installed')
  expect(readlinkSync(join(base.cwd, 'node_modules', 'self'))).toBe('../..')
  expect(base.commit).toBe(git(root, 'rev-parse', 'old').slice(0, 10))
  expect(base.notes).toEqual([])
  await base.remove()
  expect(existsSync(base.cwd)).toBe(false)
  expect(git(root, 'worktree', 'list').trim().split('\n')).toHaveLength(1)
})

test('what both run with is said when the versions want different packages', async () => {
  const { root, app } = makeProject()
  writeFileSync(join(root, 'package-lock.json'), '{}')
  git(root, 'add', '.')
  git(root, 'commit', '--quiet', '-m', 'locked')
  const base = await checkOutBase('old', app)
  await base.remove()
  expect(base.notes.join()).toMatch(/package-lock\.json differs from old.*npm ci/)
})

test('a version that is not there, one that looks like a flag, and a folder without a repository are told', async () => {
  const { app } = makeProject()
  await expect(checkOutBase('nowhere', app)).rejects.toThrow('There is no version "nowhere"')
  await expect(checkOutBase('--all', app)).rejects.toThrow('There is no version "--all"')
  await expect(checkOutBase('old', makeFolder())).rejects.toThrow('needs a Git repository')
})

test('a build that fails is told with what it said last, and one that succeeds has done its work', async () => {
  const folder = makeFolder()
  await build('echo built > out', folder, 'this version')
  expect(readFileSync(join(folder, 'out'), 'utf8').trim()).toBe('built')
  await expect(build('echo no such module >&2; exit 3', folder, 'main')).rejects.toThrow(
    /The build of main, .*ended with exit code 3\..*no such module/s,
  )
})

test('a build that is interrupted is ended', async () => {
  const abort = new AbortController()
  const building = build('sleep 1000', makeFolder(), 'main', abort.signal)
  abort.abort(new Error('enough'))
  await expect(building).rejects.toThrow('enough')
})
