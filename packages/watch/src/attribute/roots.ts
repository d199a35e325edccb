import { createRequire } from 'node:module'
import type { Server } from 'node:http'
import type { Root } from './walk.ts'

/** What was global before the host ran. */
const builtInGlobals = new Set(Reflect.ownKeys(globalThis))
/** Modules and handles beyond these are not begun with; most are reached from the others. */
const MAX_MODULES = 3000
const MAX_HANDLES = 200

/**
 * Where the host's objects can be reached from: the servers that took requests and what listens on other handles (whose
 * functions close over their modules), CommonJS modules, and globals the host added. The app's own modules come first: a framework of
 * thousands of functions may take all the time there is.
 */
export function findRoots(servers: readonly Server[]): Root[] {
  const { own, others } = moduleRoots()
  return [...own, ...serverRoots(servers), ...handleRoots(), ...others, ...globalRoots()]
}

function serverRoots(servers: readonly Server[]): Root[] {
  return servers.map((server) => ({ value: server, path: 'server' }))
}

function handleRoots(): Root[] {
  const active = (process as { _getActiveHandles?: () => unknown[] })._getActiveHandles?.() ?? []
  return active.slice(0, MAX_HANDLES).map((value) => ({ value, path: 'handle', isEmitter: true }))
}

function moduleRoots(): { own: Root[]; others: Root[] } {
  const own: Root[] = []
  const others: Root[] = []
  for (const [file, module] of Object.entries(createRequire(import.meta.url).cache)) {
    const list = /[\\/]node_modules[\\/]/.test(file) ? others : own
    if (module && list.length < MAX_MODULES) list.push({ value: module.exports as unknown, path: 'exports' })
  }
  return { own, others }
}

function globalRoots(): Root[] {
  // Under symbols, too: of several copies of a library all find the one state there.
  const added = Reflect.ownKeys(globalThis).filter((name) => !builtInGlobals.has(name))
  const values = added.map((name) => ({
    value: Object.getOwnPropertyDescriptor(globalThis, name)?.value as unknown,
    path: `globalThis${typeof name === 'symbol' ? `[${String(name)}]` : `.${name}`}`,
  }))
  return [...values, { value: process, path: 'process', isEmitter: true }]
}
