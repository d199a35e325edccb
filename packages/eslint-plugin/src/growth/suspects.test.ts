import { Linter } from 'eslint'
import { expect, test } from 'vitest'
import { namesOfCallers } from './call-graph.ts'
import { understand, type Program } from './program.ts'
import { findSuspects } from './suspects.ts'

function read(code: string): Program {
  const linter = new Linter()
  linter.verify(code, [{}])
  return understand(linter.getSourceCode().ast as never, code)
}

const suspects = (code: string): string[] => {
  const program = read(code)
  return findSuspects(program).map(({ write }) => program.text(write.node))
}

test('what the growth proof leaves open is a suspect: a key that reads as if there were few, an object that start-up made', () => {
  expect(
    suspects(
      'const made = {}\nexport function compile(name) { const type = name.trim(); made[type] ??= new Function(name) }',
    ),
  ).toEqual(['made[type] ??= new Function(name)'])
  expect(
    suspects(
      'const state = make()\nfunction make() { return { paths: {} } }\nexport function hit(path) { state.paths[path] = 1 }',
    ),
  ).toEqual(['state.paths[path] = 1'])
})

test('nothing is one that has a limit, however high', () => {
  const guarded = (test: string): string =>
    `const seen = {}\nlet left = 10000\nexport function see(url) { if (${test}) { seen[url] = 1; left-- } }`
  expect(suspects(guarded('left > 0'))).toEqual([])
  expect(suspects(guarded('url > 0'))).toEqual(['seen[url] = 1'])
  expect(
    suspects('const seen = new Map()\nexport function see(url) { if (seen.size > 1e6) return; seen.set(url, 1) }'),
  ).toEqual([])
})

test('nothing is one whose user is offered a way to take entries out, or who sets the program up', () => {
  const ends = 'exports.close = (id) => open.delete(id)'
  expect(suspects(`const open = new Map()\nexports.page = (id) => { open.set(id, 1) }\n${ends}`)).toEqual([])
  expect(suspects('const open = new Map()\nexports.page = (id) => { open.set(id, 1) }')).toEqual(['open.set(id, 1)'])
  expect(suspects('const rules = {}\nexports.addRule = (name, rule) => { rules[name] = rule }')).toEqual([])
})

test('nothing is one that goes with the call, or may be work that a queue forgets', () => {
  expect(
    suspects('export function list(items) { const all = []; for (const one of items) all.push(one); return all }'),
  ).toEqual([])
  expect(suspects('const queue = new Limiter(2)\nexport function zip(data) { queue.add(() => data) }')).toEqual([])
})

test('a place is come by through those that call it, by name or as a method, step by step', () => {
  const code = `class Store { keep(key) { this.all[key] = 1 } }
const store = new Store()
function remember(url) { store.keep(url) }
exports.page = function page(url) { remember(url) }
exports.other = function other() {}`
  expect(namesOfCallers(code.indexOf('this.all'), read(code))).toEqual(['keep', 'remember', 'page'])
})
