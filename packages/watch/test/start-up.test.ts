import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const register = new URL('../dist/register.js', import.meta.url)

/** Files of ours that one of them loads at once, itself among them. */
function loadedBy(file: URL, found = new Set<string>()): Set<string> {
  if (found.has(file.href)) return found
  found.add(file.href)
  for (const [, name] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b[^'"\n]*["'](\.[^'"\n]+)["']/gm))
    loadedBy(new URL(name!, file), found)
  return found
}

/** What of Node a program without a line has loaded. */
function nodesModules(...flags: string[]): Set<string> {
  const script = 'process.stdout.write(JSON.stringify(process.moduleLoadList))'
  const env = { PATH: process.env['PATH'] }
  const { stdout } = spawnSync(process.execPath, [...flags, '-e', script], { env, encoding: 'utf8' })
  return new Set(JSON.parse(stdout) as string[])
}

test('a service waits for one or two files of the watch, not for each of its modules', () => {
  expect(loadedBy(register).size).toBeLessThanOrEqual(2)
})

test('its thread is in one file as well', () => {
  const watchdog = new URL('watchdog.js', register)
  expect(existsSync(watchdog)).toBe(true)
  expect(loadedBy(watchdog).size).toBe(1)
})

test('of Node it loads nothing at the start that only a watch at work needs', () => {
  const before = nodesModules('--import', 'data:text/javascript,')
  const added = [...nodesModules('--import', register.href)].filter((name) => !before.has(name))
  expect(added).toContain('NativeModule cluster')
  for (const late of ['inspector', 'http', 'https', 'v8', 'vm', 'zlib'])
    expect(added).not.toContain(`NativeModule ${late}`)
})
