import { expect, test } from 'vitest'
import { isPackageManager } from './package-manager.ts'

test('package managers are told from services', () => {
  for (const script of [
    '/usr/bin/npm',
    '/usr/lib/node_modules/npm/bin/npm-cli.js',
    '/x/npx-cli.js',
    '/y/pnpm.cjs',
    '/usr/bin/yarn',
  ]) {
    expect(isPackageManager(script), script).toBe(true)
  }
  for (const script of ['/srv/server.js', '/srv/npm/server.js', '/srv/my-npm.js', undefined])
    expect(isPackageManager(script), script).toBe(false)
})
