// Puts a service and the packages it needs, at the versions of the ground truth, into a folder of its own under .work/, which git
// ignores. What is there already is kept. `service` is an entry of corpus.js, or like one with a folder of `sources` of its own.
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ownSources = fileURLToPath(new URL('service/', import.meta.url))
export const workFolder = fileURLToPath(new URL('.work/', import.meta.url))

/** Packages published later are not taken, so that a dependency of a dependency is the same next year. */
const PUBLISHED_BEFORE = '2026-06-01'

/**
 * Answers where the service stands and what starts it: `node <file>` in `folder`, with PORT in its environment.
 * Fails when the ground truth does not fit the code.
 */
export async function prepareService(service) {
  const { sources = ownSources } = service
  const folder = join(workFolder, service.name)
  const source = readdirSync(sources).find((file) => file.startsWith(`${service.serviceName}.`))
  const file = `server${extname(source)}`
  mkdirSync(folder, { recursive: true })
  cpSync(join(sources, source), join(folder, file))
  for (const extra of service.extraFiles) cpSync(join(sources, extra), join(folder, extra))
  await install(folder, service)
  return { folder, file, places: service.places.map((place) => ({ ...place, lines: linesOf(folder, place, service) })) }
}

async function install(folder, { name, packages }) {
  const manifest = `${JSON.stringify({ name, version: '1.0.0', private: true, dependencies: packages }, null, 2)}\n`
  const path = join(folder, 'package.json')
  const isInstalled =
    existsSync(path) &&
    readFileSync(path, 'utf8') === manifest &&
    Object.keys(packages).every((key) => existsSync(join(folder, 'node_modules', key)))
  if (isInstalled) return
  writeFileSync(path, manifest)
  if (Object.keys(packages).length === 0) return
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps', '--before', PUBLISHED_BEFORE]
  await promisify(execFile)('npm', ['install', ...flags], { cwd: folder })
}

/** Lines that hold the code of a place. */
function linesOf(folder, { file, code }, { name }) {
  const lines = readFileSync(join(folder, file), 'utf8').split('\n')
  const found = lines.flatMap((line, index) => (line.includes(code) ? [index + 1] : []))
  if (found.length === 0)
    throw new Error(`${name}: the ground truth speaks of "${code}" in ${file}, which is not there`)
  return found
}
