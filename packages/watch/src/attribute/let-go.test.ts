import { expect, test } from 'vitest'
import { countKeys, findWord, judgeRemoval, lastName } from './let-go.ts'

test('a collection that only ever takes never lets go', () => {
  expect(
    judgeRemoval('const pages = new Map()\nfunction f(u) { if (!pages.has(u)) pages.set(u, render(u)) }', 'pages'),
  ).toBe('never')
  expect(judgeRemoval('let log: Entry[] = []\nlog.push(entry)', 'log')).toBe('never')
  expect(judgeRemoval('class R { static #open = new Set<string>(); add(x) { R.#open.add(x) } }', 'R.#open')).toBe(
    'never',
  )
  expect(judgeRemoval("bus.on('tick', () => page.length)", "bus.on('tick')")).toBe('never')
})

test('a removal anywhere in its module is a possibility', () => {
  const removals = [
    'pages.delete(url)',
    'pages?.clear()',
    'this.pages.shift()',
    'pages.length = 0',
    'delete pages[url]',
    'pages = new Map()',
    'pages = pages.filter(Boolean)',
    "pages.removeListener('x', f)",
  ]
  for (const removal of removals)
    expect(judgeRemoval(`let pages = new Map()\n${removal}`, 'pages'), removal).toBe('possible')
})

test('a removal that comes by itself, by a count or a timer, tends the collection', () => {
  const tended = [
    'pages.set(u, p); if (pages.size > LIMIT) pages.delete(pages.keys().next().value)',
    'if (MAX <= this.pages.size) this.pages.clear()',
    'while (pages.length >= 500) pages.shift()',
    'if (Object.keys(pages).length > 1000) pages = {}',
    'setTimeout(() => pages.delete(url), 30_000)',
    'setInterval(() => { for (const [key, { at }] of pages) if (at < now()) pages.delete(key) }, 1000)',
    'setInterval(sweep, 1000)\nfunction sweep() { for (const key of old()) pages.delete(key) }',
    'const prune = () => { pages.clear() }\nsetInterval(prune, 60_000).unref()',
    'class C { start() { setInterval(() => this.sweep(), 9) }\n sweep() { delete this.pages[0] } }',
  ]
  for (const code of tended) expect(judgeRemoval(`let pages = new Map()\n${code}`, 'pages'), code).toBe('tended')
  const merelyPossible = [
    'if (pages.length > 0) pages.pop()',
    'for (let i = 0; i < pages.length; i++) visit(pages[i])\npages.delete(x)',
    'setInterval(report, 1000)\nfunction report() { log(pages.size) }\nfunction logout(u) { pages.delete(u) }'.replace(
      ' }\nfunction logout',
      ` }\n${'// talk\n'.repeat(100)}function logout`,
    ),
  ]
  for (const code of merelyPossible)
    expect(judgeRemoval(`let pages = new Map()\n${code}`, 'pages'), code).toBe('possible')
})

test('what is registered to be cleared by us is no removal of its own', () => {
  const source =
    "const pages = new Map()\nregisterCache('pages', { clear: () => pages.clear(), bytes: () => sum(pages.size * 9) })"
  expect(judgeRemoval(source, 'pages')).toBe('never')
  expect(judgeRemoval(`${source}\npages.delete(url)`, 'pages')).toBe('possible')
})

test('other names, comparisons and arrows are no removals', () => {
  const source =
    'const pages = new Map()\nconst f = (pages) => pages\nif (pages === other) oldpages.delete(1)\nmypages = 1; pages$.clear()'
  expect(judgeRemoval(source, 'pages')).toBe('never')
})

test('without a source or a name nothing is claimed', () => {
  expect(judgeRemoval(null, 'pages')).toBe('unknown')
  expect(judgeRemoval('const a = 1', 'pages')).toBe('unknown')
  expect(judgeRemoval('x', 'tenants[]')).toBe('unknown')
  expect(lastName('Registry.sessions')).toBe('sessions')
  expect(lastName('store.#entries')).toBe('#entries')
})

test('keys that are data are not taken for names', () => {
  expect(lastName('jar.store.idx["shop.example"]')).toBe('idx')
  expect(lastName('rows[]')).toBeNull()
  expect(countKeys('jar.store.idx["shop.example"]["/a"]')).toBe(2)
  expect(countKeys('pages')).toBe(0)
  expect(judgeRemoval('this.idx[d][p] = {}\ndelete this.idx[d][p][k]', 'jar.store.idx["shop.example"]')).toBe(
    'possible',
  )
})

test('a field under a symbol is known by the name of that symbol', () => {
  const path = 'archive[Symbol(resources)]'
  const source =
    "const kResources = Symbol('resources')\nclass Archive { [kResources] = new Set()\nopen(it) { this[kResources].add(it) } }"
  expect(findWord(path, source)?.name).toBe('kResources')
  expect(judgeRemoval(source, path)).toBe('never')
  expect(judgeRemoval(`${source}\nclose(it) { this[kResources].delete(it) }`, path)).toBe('possible')
  // It goes by another name from there on.
  expect(judgeRemoval(`${source}\nconst all = this[kResources]\nall.clear()`, path)).toBe('unknown')
  // Declared in another module, which may take entries out.
  const imported = "const { kNeedDrain } = require('./symbols')\npool[kNeedDrain].push(1)"
  expect(findWord('pool[Symbol(need drain)]', imported)?.name).toBe('kNeedDrain')
  expect(judgeRemoval(imported, 'pool[Symbol(undici.need drain)]')).toBe('unknown')
  expect(judgeRemoval('const a = 1', path)).toBe('unknown')
})

test('a source is judged in time, whatever it is made of', () => {
  const size = 1_000_000
  const use = "\nconst { kRooms } = require('./symbols')\nthis[kRooms].set(1, 2)\nrooms.set(1)\nrooms.delete(1)\n"
  const statement = 'if(a.b<c.d[e])f.g(h,{i:"j"});for(let k=0;k<l.length;k++)m[k]=new N(k);rooms.set(a,b);'
  const sources = {
    'one word': '0061736d'.repeat(size / 8) + use,
    'a chain of words': 'a.b1.'.repeat(size / 5) + use,
    minified: statement.repeat(size / statement.length) + use,
    blanks: `${use} rooms${' '.repeat(size)};${use}`,
    lines: `${use} rooms${'\n'.repeat(size)};${use}`,
    brackets: `${use}${'rooms['.repeat(size / 6)}`,
    'open calls': `${use}${'registerCache(setTimeout('.repeat(size / 25)}`,
  }
  for (const [what, source] of Object.entries(sources)) {
    for (const path of ['hotel[Symbol(rooms)]', 'hotel.rooms']) {
      const before = process.cpuUsage()
      judgeRemoval(source, path)
      const { user, system } = process.cpuUsage(before)
      expect((user + system) / 1000, `ms for ${what}, ${path}`).toBeLessThan(1000)
    }
  }
})

const hotel = "const kRooms = Symbol('rooms')\nclass Hotel {\n constructor() { this[kRooms] = new Map() }\n"
const booked = `${hotel} book(id) { this[kRooms].set(id, 1) }\n`
test.for([
  ['a getter', `${booked} get rooms() { return this[kRooms] }\n leave(id) { this.rooms.delete(id) } }`],
  ['destructured', `${booked} leave(id) { const { [kRooms]: rooms } = this; rooms.delete(id) } }`],
  ['an argument', `${booked} sweep() { prune(this[kRooms]) } }\nfunction prune(all) { all.delete(1) }`],
  ['in a list', `${booked} sweep() { for (const [, it] of Object.entries({ a: this[kRooms] })) it.clear() } }`],
  ['with a default', `${booked} leave(id) { const all = this[kRooms] ?? new Map(); all.delete(id) } }`],
  ['with a type', `${booked} leave(id) { const all = this[kRooms] as Map<string, number>; all.delete(id) } }`],
  ['exported', `export ${booked} }`],
  ['exported below', `${booked} }\nmodule.exports = { kRooms }`],
  ['shared', "const kRooms = Symbol.for('rooms')\nglobalThis[kRooms] ??= new Map()\nglobalThis[kRooms].set(1, 2)"],
  ['given from outside', `${booked} use(all) { this[kRooms] = all } }`],
  ['assigned twice over', `${hotel} open() { const all = (this[kRooms] = new Map()); all.clear() } }`],
  ['by a list of symbols', `${booked} close() {[kRooms].forEach((key) => this[key].clear()) } }`],
  ['by the name of a method', `${booked} leave(id) { this[kRooms]['delete'](id) } }`],
  ['declared twice', `${booked} }\n{ const kOther = Symbol('rooms') }`],
] as const)('a field under a symbol that may be emptied by another name, %s, is not accused', ([, source]) => {
  expect(judgeRemoval(source, 'hotel[Symbol(rooms)]')).not.toBe('never')
})

test('a field under a symbol that only takes never lets go', () => {
  const more = ' has(id) { return this[kRooms].has(id) && this[kRooms].size > 2 && this[kRooms][id] } }'
  expect(judgeRemoval(booked + more, 'hotel[Symbol(rooms)]')).toBe('never')
  expect(judgeRemoval(`${hotel} [kRooms] = new Map() }`.replace(/ constructor.*\n/, ''), 'x[Symbol(rooms)]')).toBe(
    'never',
  )
})

test('a loop variable is not taken for a symbol', () => {
  const source = "import { STATE } from './symbols.js'\nconst next = table[state]\nthis[STATE].push(1)"
  expect(findWord('graph[Symbol(state)]', source)?.name).toBe('STATE')
  expect(findWord('graph[Symbol(state)]', 'for (const state in all) table[state].push(1)')).toBeNull()
  const other = "import { kRooms } from './s'\nfor (const k in o) o[k].push(1)\nthis[kRooms].push(2)"
  expect(findWord('a[Symbol(комнаты)]', other)).toBeNull()
})
