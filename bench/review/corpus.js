import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSeededRandom, nextBelow } from '@plimsoll/core'

/** Where fetched packages are kept. Their code is never part of this repository. */
const store = fileURLToPath(new URL('../../.data/review-corpus/', import.meta.url))

/**
 * One package of the corpus lies wholly on one side: what is drawn is its name, not a site. The seed was fixed before the first
 * rule was written, and the sealed side is scored twice at most (`sealed.log.md`).
 */
const sealSeed = 10_05_2023
const sealedShare = 1 / 3

const corpus = readJson('./corpus.json')
/** What came later is open: it must not change the draw, which is over the names of the first. */
const later = readJson('./open-sites.json')

/** Sites, pairs and well-kept packages of one side, `open` or `sealed`. */
export function readCorpus(side) {
  const isWanted = (spec) => sealedNames.has(nameOf(spec)) === (side === 'sealed')
  const isOpen = side === 'open'
  return {
    sites: [...corpus.sites.filter(({ spec }) => isWanted(spec)), ...(isOpen ? later.sites : [])],
    pairs: [...corpus.pairs.filter(({ leaking }) => isWanted(leaking)), ...(isOpen ? later.pairs : [])],
    wellKept: corpus.wellKept.filter(isWanted),
  }
}

/**
 * One half of the second set, `open` or `sealed`: published fixes and look-alikes that were collected when the first set was spent. A
 * coin says which half a package is on, the lowest bit of the first byte of the SHA-256 of its name.
 */
export function readSecondSet(half) {
  const { sites, pairs } = readJson('./second-set.json')
  const isWanted = (spec) =>
    (createHash('sha256').update(nameOf(spec)).digest()[0] % 2 === 1 ? 'sealed' : 'open') === half
  return {
    sites: sites.filter(({ spec }) => isWanted(spec)),
    pairs: pairs.filter(({ leaking }) => isWanted(leaking)),
    wellKept: [],
  }
}

/** Published fixes and look-alikes, all sealed: somebody who wrote no rule and read none chose and labelled them. */
export function readThirdSet() {
  const { sites, pairs } = readJson('./third-set.json')
  return { sites, pairs, wellKept: [] }
}

/** The same, chosen and labelled by somebody else, when the third set was spent. */
export function readFourthSet() {
  const { sites, pairs } = readJson('./fourth-set.json')
  return { sites, pairs, wellKept: [] }
}

/** Published fixes that were collected when both sets before were spent: all open, for development. */
export function readDevelopmentSet() {
  const { sites, pairs } = readJson('./development-set.json')
  return { sites, pairs, wellKept: [] }
}

/** Published fixes and look-alikes that were collected when the third set was spent: all open, for development. */
export function readFifthSet() {
  const { sites, pairs } = readJson('./fifth-set.json')
  return { sites, pairs, wellKept: [] }
}

/** Published fixes, and the places that they repaired as look-alikes: all open, for development. */
export function readSixthSet() {
  const { sites, pairs } = readJson('./sixth-set.json')
  return { sites, pairs, wellKept: [] }
}

/** Published fixes and look-alikes, chosen and labelled by somebody who read no rule, scored before they were studied: open since. */
export function readSeventhSet() {
  const { sites, pairs } = readJson('./seventh-set.json')
  return { sites, pairs, wellKept: [] }
}

/** Names in the order of the file, in three strata, so that each side has leaks, look-alikes and well-kept packages. */
function drawSealed() {
  const random = createSeededRandom(sealSeed)
  const leaking = new Set(corpus.sites.filter(({ kind }) => kind === 'leak').map(({ spec }) => nameOf(spec)))
  const wellKept = new Set(corpus.wellKept.map(nameOf))
  const rest = new Set(corpus.sites.map(({ spec }) => nameOf(spec)))
  for (const name of leaking) wellKept.delete(name)
  for (const name of [...leaking, ...wellKept]) rest.delete(name)
  return new Set([leaking, wellKept, rest].flatMap((stratum) => drawShare([...stratum], random)))
}

function drawShare(names, random) {
  const count = Math.round(names.length * sealedShare)
  return Array.from({ length: count }, () => names.splice(nextBelow(random, names.length), 1)[0])
}

const sealedNames = drawSealed()

function readJson(name) {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))
}

function nameOf(spec) {
  return spec.slice(0, spec.lastIndexOf('@'))
}

/** Unpacks what is missing, through npm, and answers the folder of each package. */
export function fetchPackages(specs) {
  mkdirSync(store, { recursive: true })
  const missing = [...new Set(specs)].filter((spec) => !existsSync(folderOf(spec)))
  for (let at = 0; at < missing.length; at += 20) unpack(missing.slice(at, at + 20))
  return new Map(specs.map((spec) => [spec, folderOf(spec)]))
}

function unpack(specs) {
  const answer = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', store, ...specs], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  for (const { name, version, filename } of Object.values(JSON.parse(answer))) {
    const folder = folderOf(`${name}@${version}`)
    const tarball = join(store, filename.replace(/^@/, '').replace('/', '-'))
    rmSync(`${folder}.part`, { recursive: true, force: true })
    mkdirSync(`${folder}.part`)
    // Tarballs of old versions of npm make it warn by the megabyte, more than a pipe's buffer takes.
    execFileSync('tar', ['xzf', tarball, '-C', `${folder}.part`, '--strip-components=1'], { stdio: 'ignore' })
    renameSync(`${folder}.part`, folder)
    rmSync(tarball)
  }
}

function folderOf(spec) {
  return join(store, spec.replace('/', '+'))
}

/**
 * The same, with what they depend on beside them, as they stand in a program that uses them: nothing can be run without. Scripts of
 * packages are not run, and what a package asks its users to install (peers) is installed too. A package that cannot be installed is
 * answered without.
 */
export function installPackages(specs) {
  return new Map(specs.map((spec) => [spec, installedFolderOf(spec) ?? fetchPackages([spec]).get(spec)]))
}

const installFlags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--omit=dev', '--silent']

function installedFolderOf(spec) {
  const home = join(store, 'installed', spec.replace('/', '+'))
  const folder = join(home, 'node_modules', nameOf(spec))
  if (!existsSync(folder)) {
    mkdirSync(home, { recursive: true })
    // npm would climb to the next folder that has a manifest.
    writeFileSync(join(home, 'package.json'), '{ "private": true }\n')
    try {
      execFileSync('npm', ['install', ...installFlags, spec], { cwd: home, stdio: 'ignore', timeout: 120_000 })
    } catch {
      return null
    }
  }
  return existsSync(folder) ? folder : null
}
