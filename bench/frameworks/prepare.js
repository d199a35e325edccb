// Puts an app of frameworks.js into a folder of its own under .work/, which git ignores, installs what it needs at the versions named
// there, and builds it. What is there already, made of the same files, is kept.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const apps = fileURLToPath(new URL('app/', import.meta.url))
const workFolder = fileURLToPath(new URL('.work/', import.meta.url))

/** Packages published later are not taken, so that a dependency of a dependency is the same next year. */
export const publishedBefore = '2026-06-01'

/** Answers the folder it is started in, and the lines that leak, in the source. Fails when the ground truth does not fit the code. */
export async function prepareApp(framework) {
  const { name, app, extraFiles = [], packages, type, build = [], from = '.', leak } = framework
  const folder = join(workFolder, name)
  const manifest = { name, version: '1.0.0', private: true, type, dependencies: packages }
  const stamp = createHash('sha256')
    .update(JSON.stringify(framework))
    .update(contentOf([app, ...extraFiles]))
  const digest = stamp.digest('hex')
  const digestFile = join(folder, '.made-of')
  if (!existsSync(digestFile) || readFileSync(digestFile, 'utf8') !== digest) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    for (const file of [app, ...extraFiles]) {
      // The app itself, when it is a folder, is the folder it runs in.
      const isWhole = file === app && statSync(join(apps, file)).isDirectory()
      cpSync(join(apps, file), isWhole ? folder : join(folder, basename(file)), { recursive: true })
    }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--before', publishedBefore], folder)
    for (const [command, ...flags] of build) await run(command, flags, folder)
    writeFileSync(digestFile, digest)
  }
  const source = readFileSync(join(folder, leak.file), 'utf8').split('\n')
  const line = source.findIndex((text) => text.includes(leak.code)) + 1
  if (line === 0) throw new Error(`${name}: "${leak.code}" stands nowhere in ${leak.file}`)
  return { folder: join(folder, from), line }
}

function contentOf(files) {
  return files
    .flatMap((file) => {
      const path = join(apps, file)
      if (!statSync(path).isDirectory()) return [path]
      return readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    })
    .sort()
    .map((path) => `${path.slice(apps.length)}\n${readFileSync(path, 'utf8')}`)
    .join('\n')
}

async function run(command, flags, cwd) {
  try {
    const environment = { ...process.env, NODE_OPTIONS: '', NEXT_TELEMETRY_DISABLED: '1' }
    await promisify(execFile)(command, flags, { cwd, env: environment, maxBuffer: 2 ** 26 })
  } catch (error) {
    throw new Error(`${command} ${flags.join(' ')} failed in ${cwd}:\n${error.stdout ?? ''}${error.stderr ?? error}`)
  }
}
