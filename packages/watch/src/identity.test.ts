import { createSeededRandom } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { createIdentity, type ProcessFacts } from './identity.ts'
import { resolveOptions } from './options.ts'

const facts: ProcessFacts = {
  pid: 4711,
  host: 'box',
  nodeVersion: '20.20.2',
  startedAtMs: 1,
  workingDirectory: '/srv/shop',
  packageName: null,
  packageVersion: null,
  clusterWorkerId: null,
}
const random = createSeededRandom(1)

test('a plain process is called after its package, or its folder', () => {
  expect(createIdentity(resolveOptions({}), facts, random)).toMatchObject({
    service: 'shop',
    name: 'shop',
    role: 'process',
    controller: null,
  })
  const packaged = createIdentity(
    resolveOptions({}),
    { ...facts, packageName: 'market', packageVersion: '2.1.0' },
    random,
  )
  expect(packaged).toMatchObject({ service: 'market', name: 'market', serviceVersion: '2.1.0' })
  expect(packaged.instance).toMatch(/^market#4711-[0-9a-z]{4}$/)
})

test('a cluster worker has a number or the name it was given, and somebody who can replace it', () => {
  const worker = { ...facts, clusterWorkerId: 3 }
  const environment = { PLIMSOLL_CONTROLLER: 'shop#1-abcd', PLIMSOLL_SERVICE: 'shop' }
  expect(createIdentity(resolveOptions(environment), worker, random)).toMatchObject({
    name: 'shop-3',
    role: 'worker',
    controller: 'shop#1-abcd',
  })
  expect(createIdentity(resolveOptions({ ...environment, PLIMSOLL_NAME: 'web-2' }), worker, random).name).toBe('web-2')
})

test("a child that merely inherited a controller is nobody's worker", () => {
  expect(createIdentity(resolveOptions({ PLIMSOLL_CONTROLLER: 'shop#1-abcd' }), facts, random).controller).toBeNull()
})
