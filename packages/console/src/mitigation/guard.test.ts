import { MiB } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { createFacts, createProcess } from '../../test/facts.ts'
import { judgeGuard } from './guard.ts'

const rotate = { kind: 'rotate' as const, cache: null, toBytes: null, what: 'replace web-1' }
const target = createProcess({ name: 'web-1' })
const deep = { depthBytes: 240 * MiB }

test.each([
  ['acts where it may and others are well', [createProcess({ name: 'web-2' })], 'safe', 'act'],
  ['asks where it must', [createProcess({ name: 'web-2' })], 'ask', 'ask'],
  ['only says what it would do where it may not', [createProcess({ name: 'web-2' })], 'observe', 'would'],
  ['refuses when nobody else is left', [], 'safe', 'refuse'],
  ['refuses when the other is silent', [createProcess({ name: 'web-2', presence: 'silent' })], 'safe', 'refuse'],
  ['refuses when the other is near its own limit', [createProcess({ name: 'web-2', ...deep })], 'safe', 'refuse'],
] as const)('%s', (_story, others, act, verdict) => {
  expect(judgeGuard(rotate, target, createFacts([target, ...others]), act).verdict).toBe(verdict)
})

test('a plain single process is never doubled', () => {
  const plain = createProcess({ name: 'web-1' })
  plain.identity.controller = null
  const permission = judgeGuard(rotate, plain, createFacts([plain, createProcess({ name: 'web-2' })]), 'safe')
  expect(permission).toMatchObject({ verdict: 'refuse', sentence: expect.stringContaining('never doubled') as string })
})
