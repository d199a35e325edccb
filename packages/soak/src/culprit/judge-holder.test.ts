import { formatBytes } from '@plimsoll/core'
import { expect, test } from 'vitest'

import { keysStillNew } from '../load/capacity.ts'
import type { Holder } from './holders.ts'
import { judgeHolder } from './judge-holder.ts'

const holder = (changes: Partial<Holder>): Holder => ({
  path: 'cache',
  scriptId: '1',
  moduleFile: null,
  near: null,
  objectId: '7',
  className: 'Map',
  ownerId: null,
  wayIds: [],
  methodScriptIds: [],
  keeperId: null,
  grownBytes: 1e6,
  netBytes: 1e6,
  offHeapBytes: 0,
  countBefore: 1000,
  countLeft: 1000,
  countNew: 1000,
  numbers: [],
  isTimer: false,
  isInterval: false,
  alikeCount: 1,
  copiedCount: null,
  ...changes,
})
const unknown = { keyCount: null, mostKeys: Infinity, roomBytes: null }
const judge = (
  source: string,
  changes: Partial<Holder> = {},
  entryCount = 2000,
  limits: { name: string; value: number }[] = [],
) => judgeHolder({ holder: holder(changes), account: null, entryCount, limits, ...unknown, sources: [source] })

test('what is only ever written to lets nothing go', () => {
  expect(judge('const cache = new Map()\ncache.set(key, value)').verdict).toBe('holds')
})

test('a bound it has not reached: as a literal, as a constant, as a field, on either side of the sign', () => {
  expect(judge('if (cache.size > 5000) cache.delete(first)')).toMatchObject({ verdict: 'fills', cap: 5000 })
  expect(judge('const MAX_SEEN = 5_000\nif (cache.size >= MAX_SEEN) cache.clear()')).toMatchObject({
    verdict: 'fills',
    cap: 5000,
  })
  expect(
    judge('if (LIMIT <= cache.size) return', { numbers: [{ name: 'LIMIT', value: 9000, isOfOwner: false }] }),
  ).toMatchObject({
    cap: 9000,
  })
  expect(judge('', { path: 'store.items', numbers: [{ name: 'max', value: 4000, isOfOwner: true }] })).toMatchObject({
    verdict: 'fills',
    cap: 4000,
  })
  expect(judge('', {}, 2000, [{ name: 'maxSize', value: 4000 }]).verdict).toBe('fills')
})

test('a bound is none where the heap has no room for what it lets in', () => {
  const evict = (most: number) => `if (cache.size >= ${most}) cache.delete(first)`
  // A thousand entries of 1 kB have come, each with a key and a value.
  const grown = holder({ countBefore: 2000, countLeft: 2000, countNew: 2000 })
  const look = (most: number, roomMb: number | null, mostKeys = Infinity) =>
    judgeHolder({
      holder: grown,
      account: null,
      entryCount: 2000,
      limits: [],
      sources: [evict(most)],
      keyCount: null,
      mostKeys,
      roomBytes: roomMb === null ? null : roomMb * 1e6,
    })
  expect(look(500_000, 100)).toMatchObject({ verdict: 'holds', cap: null })
  expect(look(500_000, 100).why).toBe(
    `fills up to 500000 entries, which would take ${formatBytes(498e6)} more where the heap has room for ${formatBytes(100e6)}`,
  )
  expect(look(500_000, 600).verdict).toBe('fills')
  expect(look(50_000, 100).verdict).toBe('fills')
  expect(look(500_000, null).verdict).toBe('fills')
  // There is nothing more to come than what can be asked for, unless it is filled with something else.
  expect(look(500_000, 100, 50_000).verdict).toBe('fills')
  expect(look(500_000, 100, 1).verdict).toBe('holds')
})

test('a bound that is far off is nothing to be blamed for where something else ends it first, or it may not be one of entries', () => {
  const look = (source: string, changes: Partial<Holder> = {}, limits: { name: string; value: number }[] = []) =>
    judgeHolder({
      holder: holder({ path: 'store.cache', countBefore: 2000, countLeft: 2000, countNew: 2000, ...changes }),
      account: null,
      entryCount: 2000,
      limits,
      sources: [source],
      keyCount: null,
      mostKeys: Infinity,
      roomBytes: 100e6,
    })
  const maxEntries = [{ name: 'maxEntries', value: 500_000 }]
  expect(look('this.cache.set(key, value)', {}, maxEntries).verdict).toBe('holds')
  // The same limit, as a getter tells it.
  const atFull = 'if (this.cache.size >= this.maxEntries) this.cache.delete(first)'
  expect(look(atFull, {}, maxEntries).verdict).toBe('holds')
  const inBytes = `this.cache.set(key, value); this.bytes += value.length
    while (this.cache.size > this.maxEntries || this.bytes > this.maxBytes) { this.bytes -= oldest.length; this.cache.delete(first) }`
  expect(look(inBytes, {}, [...maxEntries, { name: 'maxBytes', value: 50e6 }]).verdict).toBe('fills')
  // What it weighs now tells how much it would take of the heap when it is full.
  const weighed = { numbers: [{ name: 'bytes', value: 2e6, isOfOwner: true }] }
  const full = (value: number) => look(inBytes, weighed, [...maxEntries, { name: 'maxBytes', value }]).verdict
  expect([full(50e6), full(50e9)]).toEqual(['fills', 'holds'])
  const byTime = `setInterval(() => {
    for (const [key, { expiresAt }] of this.cache) if (expiresAt < Date.now()) this.cache.delete(key)
  }, 1000)`
  expect(look(byTime, {}, maxEntries).verdict).toBe('expires')
  const byClock = 'setTimeout(() => this.sweep(Date.now()), 1000)'
  expect(look(byClock, {}, maxEntries)).toMatchObject({ verdict: 'holds', isTimed: true })
  // Older versions of lru-cache know a `max` of what they are told that entries weigh.
  expect(look('', {}, [{ name: 'max', value: 50e6 }]).verdict).toBe('fills')
  expect(look('', {}, [{ name: 'maxSize', value: 50e6 }]).verdict).toBe('fills')
  // The bytes of buffers lie beside the heap.
  expect(look('', { netBytes: 1e6, offHeapBytes: 0.9e6 }, maxEntries).verdict).toBe('fills')
})

test('a bound of entries is none where bytes come and entries do not', () => {
  const limits = [{ name: 'max', value: 1000 }]
  const sameCount = { path: 'parsers.list', countBefore: 123, countLeft: 120, countNew: 3 }
  expect(judge('', sameCount, 123, limits).verdict).toBe('holds')
  // A list of links has two parts, however long it is.
  expect(judge('', { path: 'links', countBefore: 2, countLeft: 2, countNew: 0 }, 500, limits).verdict).toBe('fills')
})

test('a bound in bytes is one whether entries come or larger ones in their place', () => {
  const evict =
    'add(size) {\n  while (this.#calculatedSize > this.#maxSize - size) this.#evict()\n  this.#calculatedSize += size\n}\n#evict() {\n  this.#valList[this.#head] = undefined\n}'
  const limits = [
    { name: 'max', value: 1000 },
    { name: 'maxSize', value: 50_000_000 },
  ]
  const sameCount = { path: 'pages.#valList', countBefore: 1000, countLeft: 600, countNew: 400, grownBytes: 4e6 }
  expect(judge(evict, sameCount, 1000, limits)).toMatchObject({ verdict: 'fills', cap: null })
  // One that has been passed, and one that nobody keeps to.
  expect(judge(evict, { ...sameCount, grownBytes: 60e6 }, 1000, limits).verdict).toBe('holds')
  expect(judge('read(this.#maxSize)', sameCount, 1000, limits).verdict).toBe('holds')

  const byHand = 'bytes += page.length\nwhile (bytes > MAX_BYTES) {\n  cache.delete(cache.keys().next().value)\n}'
  const numbers = [{ name: 'MAX_BYTES', value: 20_000_000, isOfOwner: false }]
  expect(judge(byHand, { numbers }).verdict).toBe('fills')
  expect(judge(byHand.replaceAll('cache', 'others'), { numbers }).verdict).toBe('holds')
  expect(judge(byHand.replace('MAX_BYTES', '4096'), { numbers }).verdict).toBe('holds')
})

const ofOwner = (name: string, value = 10_485_760) => [{ name, value, isOfOwner: true }]

test.each(['maxBytes', 'maxSize', 'limit'])('a limit of one item, called %s, bounds no collection', (name) => {
  const add = `add(id, body) {\n  if (body.length > this.${name}) throw new RangeError()\n  this.cache.set(id, body)\n}`
  const numbers = ofOwner(name)
  expect(judge(add, { path: 'drafts.cache', numbers }).verdict).toBe('holds')
  expect(judge(add.replace('throw new RangeError()', 'body = body.slice(0, 9)'), { numbers }).verdict).toBe('holds')
  // Nor is one that somebody keeps a total beside.
  expect(judge(`${add}\nthis.total += body.length\nthis.total -= 1`, { numbers }).verdict).toBe('holds')
})

test.each<[string, string]>([
  ['of two items', 'if (v.bytes > old.bytes) cache.delete(k)\ncache.set(k, v)'],
  ['of what nobody knows', 'if (file_size > limit) {\n  log()\n}\nfile_size += 1\nfile_size -= 1\ncache.delete(done)'],
  ['of one item', 'const MAX_BODY_BYTES = 5e6\nif (bytes > MAX_BODY_BYTES) {\n  cache.delete(s)\n}'],
  [
    'of one item that comes in parts',
    'const MAX_BODY_BYTES = 5000000\nlet bytes = 0\nbytes += chunk.length\nif (bytes > MAX_BODY_BYTES) {\n  cache.delete(s)\n}',
  ],
  [
    'after which nothing leaves',
    'const MAX_BYTES = 5000000\nbytes += 1\nbytes -= 1\nif (bytes > MAX_BYTES) {\n  clearTimeout(timer)\n  throw e\n}',
  ],
])('a comparison %s is no bound in bytes', (_, source) => {
  expect(judge(source).verdict).toBe('holds')
})

test.each<[string, string]>([
  ['falls as entries leave', 'if (MAX_BYTES < this.bytes) {\n  cache.shift()\n  this.bytes -= 1\n}'],
  ['is spelled out', 'if (this.bytes >= MAX_BYTES) cache.delete(k)\nthis.bytes = this.bytes - 1'],
  ['begins anew', 'if (this.bytes > MAX_BYTES) {\n  cache.clear()\n  this.bytes = 0\n}'],
])('a total that %s is bounded', (_, evict) => {
  expect(judge(`const MAX_BYTES = 5000000\nthis.bytes += page.length\n${evict}`).verdict).toBe('fills')
})

const evictors: [string, string][] = [
  ['a method', 'gc() {\n    const [oldest] = this.cache.keys()\n    this.cache.delete(oldest)\n  }'],
  ['a private one', '#gc() {\n    for (const key of this.cache.keys()) { this.cache.delete(key); break }\n  }'],
  ['a field', 'gc = () => this.cache.delete(this.cache.keys().next().value)'],
  ['a method of another', 'gc() {\n    this.out(1)\n  }\n  out(n) {\n    this.cache.splice(0, n)\n  }'],
]
/** What evicts stands too far away to be read together with the comparison. */
const farAway = '\n'.repeat(20)

test.each(evictors)('what evicts has any name, and is told by what it does: %s', (_, evictor) => {
  const name = evictor.startsWith('#') ? 'this.#gc()' : 'this.gc()'
  const asked = (test: string) =>
    `class Pages {\n  add(page) {\n    this.bytes += page.length\n    this.count++\n    if (${test}) {\n      ${name}\n      this.drop(page)\n    }\n  }${farAway}  ${evictor}\n  drop(page) {\n    this.bytes -= page.length\n    this.count--\n  }\n}`
  const numbers = [
    { name: 'room', value: 5_000_000, isOfOwner: true },
    { name: 'slots', value: 4000, isOfOwner: true },
  ]
  const held = { path: 'pages.cache', numbers }
  expect(judge(asked('this.cache.size > config.slots'), { path: 'pages.cache' })).toMatchObject({
    verdict: 'fills',
    cap: null,
  })
  expect(judge(asked('this.bytes > this.room'), held).verdict).toBe('fills')
  expect(judge(asked('this.bytes + page.length > this.room'), held).verdict).toBe('fills')
  expect(judge(asked('this.bytes > 64 * 1024 * 1024'), held).verdict).toBe('fills')
  expect(judge(asked('this.count >= this.slots'), held)).toMatchObject({ verdict: 'fills', cap: 4000 })

  const weighed = { path: 'pages.cache', numbers: [...numbers, { name: '#bytes', value: 1_000_000, isOfOwner: true }] }
  expect(judge(asked('this.bytes > this.room'), weighed)).toMatchObject({
    cap: 10_000,
    why: 'fills up to this.room = 5000000',
  })

  // It has been passed, or nothing leaves this collection.
  expect(judge(asked('this.bytes > 64 * 1024'), held).verdict).toBe('holds')
  expect(judge(asked('this.count >= this.slots'), held, 6000).verdict).toBe('holds')
  const ofOthers = (source: string) => source.replaceAll('this.cache', 'this.others')
  expect(judge(ofOthers(asked('this.bytes > this.room')), held).verdict).toBe('holds')
  expect(judge(asked('this.bytes > this.room').replace(name, 'this.tell()'), held).verdict).toBe('holds')
  expect(judge(asked('page.length > this.room').replace(name, 'throw new RangeError()'), held).verdict).toBe('holds')
})

/** As a minifier leaves a cache like lru-cache: a limit by way of a variable whose name stands for something else elsewhere, and no name that tells anything. */
const minified =
  'get maxBytes(){return this.#c}get calculatedSize(){return this.#b}#k(){let n=0,o=()=>{n=9};return o}#X(){let t=new W(this.#o);this.#b=0,this.#C=e=>{this.#b-=t[e],t[e]=0},this.#I=(e,i,s)=>{if(t[e]=i,this.#c){let n=this.#c-t[e];for(;this.#b>n;)this.#P(!0)}this.#b+=t[e]}}#O(t,e,i){let d=this.#n;return this.#i[d]=t,this.#t[d]=e,this.#s.set(t,d),this.#I(d,i,0),this}#P(t){let e=this.#a,i=this.#i[e];return this.#C(e),t&&(this.#i[e]=void 0,this.#t[e]=void 0,this.#y.push(e)),this.#s.delete(i),this.#n--,e}'

test.each(['pages.#t', 'pages.#s'])(
  'what evicts may have lost its name, and the limit stand in a variable: %s',
  (path) => {
    const limits = [{ name: 'maxBytes', value: 50_000_000 }]
    expect(judge(minified, { path }, 2000, limits).verdict).toBe('fills')
    const kept = minified
      .replace('this.#i[e]=void 0,this.#t[e]=void 0', 'this.tell(i)')
      .replace('this.#s.delete(i)', '0')
    expect(judge(kept, { path }, 2000, limits).verdict).toBe('holds')
  },
)

test('a limit whose name may mean either is one of bytes where it is kept to in bytes', () => {
  const inBytes = minified.replace('get maxBytes', 'get maxSize')
  expect(judge(inBytes, { path: 'pages.#t' }, 2000, [{ name: 'maxSize', value: 50_000_000 }])).toMatchObject({
    verdict: 'fills',
    cap: null,
    why: 'fills up to maxSize = 50000000',
  })
})

test('a method that is called like one which evicts, and does not, bounds nothing; one that is inherited does', () => {
  const add =
    'add(size) {\n  while (this.bytes > this.maxBytes) this.evict()\n  this.bytes += size\n  this.cache.add(size)\n}'
  const evidence = (sources: string[]) => ({
    holder: holder({ path: 'pages.cache', numbers: ofOwner('maxBytes') }),
    account: null,
    entryCount: 2000,
    limits: [],
    ...unknown,
    sources,
  })
  expect(judgeHolder(evidence([`${add}\nevict() {\n  this.emit('full')\n}`])).verdict).toBe('holds')
  const inherited = 'class Base {\n  evict() {\n    this.cache.delete(this.cache.values().next().value)\n  }\n}'
  expect(judgeHolder(evidence([add, inherited])).verdict).toBe('fills')
})

test('a number that another function calls alike is not the limit', () => {
  const other = 'function size() {\n  const room = 5000000\n  return room\n}\n'
  const keeps = (declared: string) =>
    `function add(page) {\n  ${declared}\n  cache.set(page.id, page)\n  bytes += page.length\n  while (bytes > room) {\n    cache.delete(1)\n    bytes -= 1\n  }\n}`
  expect(judge(other + keeps('')).verdict).toBe('holds')
  expect(judge(other + keeps('const room = 9000000')).verdict).toBe('fills')
})

test.each<[string, string, boolean]>([
  ['is refused', 'if (cache.size >= config.limit) throw new RangeError()\n  cache.set(key, value)', true],
  ['is let in where there is room', 'if (cache.size < config.limit) cache.set(key, value)', true],
  [
    'is let in otherwise',
    'if (cache.size >= config.limit) {\n    tell()\n  } else {\n    cache.set(key, value)\n  }',
    true,
  ],
  [
    'is let in behind what is done once there is no room',
    'if (cache.size < config.limit) return\n  cache.clear()',
    true,
  ],
  [
    'goes where a variable says so',
    'const isFull = cache.size >= config.limit\n  cache.set(key, value)\n  if (isFull) cache.clear()',
    true,
  ],
  ['comes all the same', 'if (cache.size >= config.limit) dropped.push(key)\n  cache.set(key, value)', false],
  [
    'is told when others are removed',
    'if (cache.size >= config.limit) warn()\n  others.delete(key)\n  cache.set(key, value)',
    false,
  ],
])('a limit of which nobody knows the number: what comes %s', (_, body, isBound) => {
  expect(judge(`function add(key, value) {\n  ${body}\n}`).verdict).toBe(isBound ? 'fills' : 'holds')
})

test('a total is the same however it is spelled, and where a function answers how it compares', () => {
  const held = { path: 'pages.cache', numbers: [{ name: 'room', value: 5_000_000, isOfOwner: true }] }
  const trim = `${farAway}trim() {\n  this.cache.shift()\n  this.held -= 1000\n}`
  const grow = 'this.held += page.length\n'
  expect(judge(`${grow}while (pages.held > this.room) this.trim()${trim}`, held).verdict).toBe('fills')
  expect(
    judge(`${grow}get used() { return this.held }\nif (this.used > this.room) this.trim()${trim}`, held).verdict,
  ).toBe('fills')
  const asked = `isFull() {\n  return this.held > this.room\n}${farAway}${grow}while (this.isFull()) this.trim()${trim}`
  expect(judge(asked, held).verdict).toBe('fills')
  expect(judge(asked.replace('this.trim()', 'this.tell()'), held).verdict).toBe('holds')
  const counted = `get count() { return this.cache.length }\nif (this.count > config.slots) this.trim()${trim}`
  expect(judge(counted, { path: 'pages.cache' })).toMatchObject({ verdict: 'fills', cap: null })
  const anew = `recent.push(visit)\ncount++\nif (count > SLOTS) tidy()${farAway}function tidy() {\n  recent = recent.slice(9)\n  count = recent.length\n}`
  const slots = [{ name: 'SLOTS', value: 4000, isOfOwner: false }]
  expect(judge(anew, { path: 'recent', numbers: slots })).toMatchObject({ verdict: 'fills', cap: 4000 })
  expect(judge(anew.replace('recent.slice(9)', 'others'), { path: 'recent', numbers: slots }).verdict).toBe('holds')
  // A variable is not the field that is called alike.
  const other = `let held = 0\nheld += chunk.length\nif (held > this.room) this.trim()${trim}`
  expect(judge(other, held).verdict).toBe('holds')
})

test.each<[string, string]>([
  ['a word without an end', '$a'.repeat(30_000)],
  ['lines without anything', `${'\n'.repeat(60_000)}cache = new Map()`],
  ['many renewals', 'cache = new Map()\n=> {\n'.repeat(3000)],
  ['a head that does not end', `x = function${' '.repeat(30_000)}!`],
  ['many namesakes', 'function e(t){if(bytes>t)e(t)}bytes+=1;'.repeat(2000)],
  ['many that answer', 'isFull(){return bytes>maxBytes}\n'.repeat(2000) + 'bytes += n'],
  ['functions in functions', 'x=>'.repeat(20_000)],
  ['strings without an end', "'\\\\".repeat(30_000)],
  ['patterns without an end', '/['.repeat(30_000)],
  ['comments without an end', '/*\n'.repeat(40_000)],
  ['many comparisons', 'this.bytes += 1\nif (this.bytes > n) {}\n'.repeat(2000)],
])('%s is read in a time that is proportional to it', (_, source) => {
  const beganMs = performance.now()
  judge(source, { numbers: ofOwner('maxBytes') })
  expect(performance.now() - beganMs).toBeLessThan(1500)
})

test('a list that is copied at each change is bounded by a limit that it has not reached', () => {
  const numbers = [{ name: 'limit', value: 4000, isOfOwner: true }]
  const history = { path: 'currentState', countBefore: 9, countLeft: 7, countNew: 2, numbers }
  expect(judge('', { ...history, copiedCount: 900 }, 9)).toMatchObject({ verdict: 'fills', cap: 4000, entryCount: 900 })
  expect(judge('', { ...history, copiedCount: 9000 }, 9).verdict).toBe('holds')
})

test('a comparison with what nobody knows is a bound only where something is removed or refused', () => {
  const told =
    'wait(limit) {\n  if (cache.size < limit) return\n  return this.once("room", () => cache.size < limit)\n}'
  expect(judge(told).verdict).toBe('holds')
  expect(judge('if (cache.size >= config.limit)\n  cache.delete(oldest)')).toMatchObject({
    verdict: 'fills',
    cap: null,
  })
})

test('in a minified file, which is one line, what is done far away has nothing to do with it', () => {
  const elsewhere = 'function f(a,b){return a+b}'.repeat(100)
  const minified = (near: string) => `if(cache.size>=c.limit)${near};${elsewhere}others.delete(x);throw new Error(y)`
  expect(judge(minified('warn()')).verdict).toBe('holds')
  expect(judge(minified('cache.delete(oldest)'))).toMatchObject({ verdict: 'fills', cap: null })
  const sweeps = (near: string) =>
    `${near};${elsewhere}setInterval(()=>{for(const k of o)if(k.at<Date.now())o.drop(k)},9)`
  expect(judge(sweeps('function remove(k){cache.delete(k)}')).verdict).toBe('holds')
})

test('a bound that has been passed is none', () => {
  expect(judge('if (cache.size > 500) warn()').verdict).toBe('holds')
  expect(judge('', { numbers: [{ name: 'max', value: 100, isOfOwner: true }] }).verdict).toBe('holds')
})

test.each<[string, string, string]>([
  [
    'requests under way',
    "app.post('/login', (q, r) => {\n  inFlight++\n  cache.set(q.id, q.body)\n  if (inFlight > 5000) console.warn('busy')\n  r.end()\n  inFlight--\n})\napp.post('/logout', (q, r) => cache.delete(q.id))",
    'inFlight',
  ],
  [
    'what is reported now and then',
    "app.post('/login', (q, r) => {\n  cache.set(q.id, q.body)\n  served++\n  if (served > 10000) { served = 0; report() }\n})\napp.post('/logout', (q) => { cache.delete(q.id) })",
    'served',
  ],
  [
    'bytes that were sent',
    'function send(body) {\n  cache.set(body.id, body)\n  sent += body.length\n  if (sent > 100*1024*1024) report()\n  sent -= 1\n}\nfunction logout(id) { cache.delete(id) }',
    'sent',
  ],
  [
    'failures, of which the rest is tried again',
    'function fail(id) {\n  cache.set(id, 1)\n  failures++\n  if (failures > 5000) lock(); else retry(id)\n  failures--\n}\nfunction lock() {}\nfunction retry(id) { cache.delete(id) }',
    'failures',
  ],
  [
    'what is counted elsewhere',
    'function add(id) { cache.set(id, 1) }\nfunction tick(id) {\n  ticks++\n  if (ticks > 5000) {\n    ticks = 0\n    cache.delete(id)\n  }\n}',
    'ticks',
  ],
  [
    'what a comment or a string says',
    "function add(id) {\n  cache.set(id, 1)\n  count++\n  if (count > 5000) {\n    // cache.delete(id)\n    log('cache.delete(id)')\n    count = 0\n  }\n}",
    'count',
  ],
])('a counter of %s excuses no leak', (_, source, counter) => {
  expect(judge(source).verdict).toBe('holds')
  // One that empties it when there are too many does.
  const emptied = `function add(id) {\n  cache.set(id, 1)\n  ${counter}++\n  if (${counter} > 5000) {\n    cache.clear()\n    ${counter} = 0\n  }\n}`
  expect(judge(emptied)).toMatchObject({ verdict: 'fills', cap: 5000 })
})

test('what is trimmed beside it excuses no leak', () => {
  const trim = (list: string) =>
    `class S {\n  add(x) {\n    this.bytes += x.length\n    if (this.bytes > this.maxBytes) { this.${list} = this.${list}.slice(-10); this.bytes = 0 }\n    this.items.push(x)\n  }\n}`
  const held = { path: 's.items', numbers: ofOwner('maxBytes') }
  expect(judge(trim('log'), held).verdict).toBe('holds')
  expect(judge(trim('items'), held).verdict).toBe('fills')
})

test('what begins like a number and is a name is no constant', () => {
  expect(judge('const e = entries.length\nif (cache.size > e) warn()').verdict).toBe('holds')
  expect(judge('var e = e || {}\nif (cache.size > e) warn()').verdict).toBe('holds')
  expect(judge('const MAX = 5e3 * 2\nif (cache.size > MAX) cache.clear()').cap).toBe(10_000)
})

test('numbers that limit something else are no bound', () => {
  for (const name of ['maxAge', 'maxBodyBytes', '_maxListeners', 'maxSockets', 'timeout'])
    expect(judge('', { numbers: [{ name, value: 100_000, isOfOwner: true }] }).verdict).toBe('holds')
  expect(judge('for (let i = 0; i < cache.length; i++) {}').verdict).toBe('holds')
  expect(judge('if (cache.size > 0) flush()').verdict).toBe('holds')
})

test('an entry for each key is not told from one for each request before all keys have been asked for', () => {
  const evidence = {
    ...unknown,
    holder: holder({ path: 'compiled' }),
    account: null,
    limits: [],
    sources: ['compiled[name] ??= compile(name)'],
  }
  expect(judgeHolder({ ...evidence, entryCount: 300, keyCount: 300 })).toMatchObject({ verdict: 'fills', cap: null })
  expect(judgeHolder({ ...evidence, entryCount: 301, keyCount: 300 }).verdict).toBe('holds')
  expect(judgeHolder({ ...evidence, entryCount: 300, keyCount: null }).verdict).toBe('holds')
  const routes = [{ method: 'GET' as const, path: '/mail/{1..300}', body: null, weight: 1 }]
  expect(keysStillNew(routes, 150)).toBe(300)
  expect(keysStillNew(routes, 300)).toBeNull()
  expect(keysStillNew([{ ...routes[0]!, path: '/mail/{1..50000}' }], 150)).toBeNull()
})

test('the oldest entries have left', () => {
  expect(judge('', { countBefore: 1000, countLeft: 100 }).verdict).toBe('lets-go')
})

test('removal by time has not come yet; removal without a clock is not believed', () => {
  expect(judge('setTimeout(() => cache.delete(key), ttl)').verdict).toBe('expires')
  expect(
    judge('setInterval(() => { for (const [k, v] of cache) if (v.expires < Date.now()) cache.delete(k) }, 1000)')
      .verdict,
  ).toBe('expires')
  expect(judge('function remove(key) { cache.delete(key) }').verdict).toBe('holds')
  expect(judge('', { isTimer: true }).verdict).toBe('expires')
  expect(judge('', { isInterval: true }).verdict).toBe('holds')
})

test('what seems to let nothing go, and works by clocks and timers, is told: time may let go of it', () => {
  const swept =
    'const sweep = () => each(cache, drop)\nsetTimeout(sweep, 600)\nconst isOld = ({ at }) => at < Date.now()'
  expect(judge(swept)).toMatchObject({ verdict: 'holds', isTimed: true })
  expect(judge('cache.set(key, Date.now())')).toMatchObject({ verdict: 'holds', isTimed: false })
})

test('a collection that is replaced by an empty one now and then lets go; one that is made in a constructor does not', () => {
  const source = `class Store {
    constructor() {
      this.cache = new Map()
    }
    init({ windowMs }) {
      setInterval(() => this.clearExpired(), windowMs)
    }
    clearExpired() {
      this.previous = this.cache
      this.cache = /* @__PURE__ */ new Map()
    }
  }`
  expect(judge(source, { path: 'store.cache' }).verdict).toBe('expires')
  expect(judge(source.replace(/clearExpired\(\) \{[^}]*\}/, ''), { path: 'store.cache' }).verdict).toBe('holds')
})

test('an entry that goes only when it is asked for again does not expire: keys that never come back stay', () => {
  const get =
    'function get(key) { if (cache[key].expires <= Date.now()) { delete cache[key]; return } return cache[key] }'
  expect(judge(get, { className: 'Object' }).verdict).toBe('holds')
  expect(judge(`${get}\nsetInterval(() => { for (const key in cache) get(key) }, 1000)`).verdict).toBe('expires')
})

test('what a cache with a budget accounts for fills up to that budget', () => {
  const account = { objectId: '9', cacheName: 'pages', bytes: 2 * 1024 ** 2, budgetBytes: 8 * 1024 ** 2 }
  const judgement = judgeHolder({
    holder: holder({}),
    account,
    entryCount: 500,
    limits: [],
    ...unknown,
    sources: [''],
  })
  expect(judgement).toMatchObject({ verdict: 'fills', cap: 2000, entryCount: 500 })
  expect(judgement.why).toBe('is part of the cache pages, which holds 2 MB of at most 8 MB')
})
