import { expect, test } from 'vitest'

import { SubjectLostError } from './errors.ts'
import { createFacts } from './gate/facts.ts'
import { resolveSoakConfig } from './options.ts'
import { noteFailure } from './run-soak.ts'

function noted(stage: { isRunning: boolean; hasBegun: boolean }) {
  const facts = createFacts(resolveSoakConfig({ start: 'node server.js', get: ['/'] }))
  const { isRunning, hasBegun } = stage
  noteFailure({ facts, isRunning, hurry: { hasBegun } }, new SubjectLostError('died', 'it died'))
  return facts
}

test('a service that dies after its clock was moved is not blamed for that', () => {
  expect(noted({ isRunning: true, hasBegun: false }).lost).not.toBeNull()
  expect(noted({ isRunning: true, hasBegun: true })).toMatchObject({ lost: null, isLostByHurry: true })
})

test('one that dies while versions are compared is, whatever was done to the clock of the process before', () => {
  expect(noted({ isRunning: false, hasBegun: true }).lost).not.toBeNull()
})
