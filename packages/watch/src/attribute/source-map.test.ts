import { mkdtempSync, mkdirSync, writeFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { packageOf, presentFile, SourceMaps } from './source-map.ts'

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-map-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// Line 1 column 1 of the script is line 3 column 5 of the source.
const map = {
  version: 3,
  sources: ['../src/pages.ts'],
  names: [],
  mappings: 'AAEI',
  sourcesContent: ['one\ntwo\n    three()\n'],
}

test('a position in what runs becomes one in what was written', () => {
  mkdirSync(join(folder, 'dist'))
  const script = join(folder, 'dist', 'pages.js')
  writeFileSync(script, 'three()\n//# sourceMappingURL=pages.js.map\n')
  writeFileSync(`${script}.map`, JSON.stringify(map))
  const position = new SourceMaps().locate(`file://${script}`, 1, 1)
  expect(position).toMatchObject({ file: join(folder, 'src', 'pages.ts'), line: 3, column: 5 })
  expect(position!.source).toContain('three()')
})

test('a map inside of the script works too', () => {
  const script = join(folder, 'inline.js')
  const data = Buffer.from(JSON.stringify(map)).toString('base64')
  writeFileSync(script, `three()\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,${data}\n`)
  expect(new SourceMaps().locate(script, 1, 1)).toMatchObject({ line: 3 })
})

test('a package that ships its map and not its source is told as it lies on the disk, unless it is minified', () => {
  const dist = join(folder, 'node_modules', 'cache', 'dist')
  mkdirSync(dist, { recursive: true })
  const at = (name: string, code: string) => {
    const script = join(dist, name)
    writeFileSync(script, `${code}\n//# sourceMappingURL=${name}.map\n`)
    writeFileSync(`${script}.map`, JSON.stringify(map))
    return new SourceMaps().locate(script, 1, 1)
  }
  expect(at('index.js', 'three()')).toMatchObject({ file: join(dist, 'index.js'), line: 1, isMapped: false })
  const mapped = { file: join(dist, '..', 'src', 'pages.ts'), line: 3, isMapped: true }
  expect(at('index.min.js', 'x();'.repeat(100))).toMatchObject(mapped)
  mkdirSync(join(dist, '..', 'src'))
  writeFileSync(mapped.file, 'one\ntwo\n    three()\n')
  expect(at('index.js', 'three()')).toMatchObject(mapped)
})

test('a map made of sections is one, and addresses that a bundler made up become paths', () => {
  const sections = (source: string) => ({
    version: 3,
    sections: [{ offset: { line: 0, column: 0 }, map: { ...map, sources: [source] } }],
  })
  const fileOf = (source: string) => {
    const script = join(folder, 'sections.js')
    const data = Buffer.from(JSON.stringify(sections(source))).toString('base64')
    writeFileSync(script, `three()\n//# sourceMappingURL=data:application/json;base64,${data}\n`)
    return presentFile(new SourceMaps().locate(script, 1, 1)!.file, process.cwd())
  }
  expect(fileOf('webpack://shop/./lib/pages.ts')).toBe('lib/pages.ts')
  expect(fileOf('turbopack:///[project]/lib/pages.ts')).toBe('lib/pages.ts')
  expect(fileOf(`file://${process.cwd()}/lib/pages.ts`)).toBe('lib/pages.ts')
  expect(presentFile(fileOf('app/%5Bid%5D/page.tsx'), folder)).toMatch(/app\/\[id\]\/page\.tsx$/)
})

test('a minified line without a map is known as one', () => {
  const script = join(folder, 'minified.js')
  writeFileSync(script, `short()\n${'x();'.repeat(100)}\nsay('${'a long sentence '.repeat(30)}')\n`)
  const places = new SourceMaps()
  expect([1, 2, 3].map((line) => places.locate(script, line, 1)!.lacksMap)).toEqual([false, true, false])
})

test('without a map, or with a broken one, the position in the script is told', () => {
  const script = join(folder, 'broken.js')
  writeFileSync(script, 'one()\n//# sourceMappingURL=missing.map\n')
  expect(new SourceMaps().locate(script, 1, 1)).toMatchObject({ file: script, line: 1, column: 1 })
  expect(new SourceMaps().locate('evalmachine.<anonymous>', 1, 1)).toBeNull()
})

test('files are told from the working directory, packages from node_modules on', () => {
  expect(presentFile('/srv/shop/src/pages.ts', '/srv/shop')).toBe('src/pages.ts')
  expect(presentFile('/srv/shop/node_modules/a/node_modules/@b/c/lib/x.js', '/srv/shop')).toBe(
    'node_modules/@b/c/lib/x.js',
  )
  expect(presentFile('/opt/other.js', '/srv/shop')).toBe('/opt/other.js')
})

test('a package is told with its version', () => {
  const home = join(folder, 'node_modules', '@scope', 'leaky')
  mkdirSync(join(home, 'lib'), { recursive: true })
  writeFileSync(join(home, 'package.json'), '{"version":"4.5.6"}')
  expect(packageOf(join(home, 'lib', 'x.js'))).toEqual({ name: '@scope/leaky', version: '4.5.6' })
  expect(packageOf('/srv/shop/src/x.ts')).toBeNull()
})
