import { expect, test } from 'vitest'

import { SubjectLostError } from './errors.ts'
import { createFacts } from './gate/facts.ts'
import { resolveSoakConfig } from './options.ts'
import { noteFailure } from './run-soak.ts'
import type { TrafficProcess } from './traffic/traffic-process.ts'

function noted(stage: { isSoaking: boolean; hasBegun: boolean }) {
  const facts = createFacts(resolveSoakConfig({ start: 'node server.js', get: ['/'] }))
  const traffic = stage.isSoaking ? ({} as TrafficProcess) : null
  noteFailure({ facts, traffic, hurry: { hasBegun: stage.hasBegun } }, new SubjectLostError('died', 'it died'))
  return facts
}

test('a service that dies after its clock was moved is not blamed for that', () => {
  expect(noted({ isSoaking: true, hasBegun: false }).lost).not.toBeNull()
  expect(noted({ isSoaking: true, hasBegun: true })).toMatchObject({ lost: null, isLostByHurry: true })
})

test('one that lived with that, and dies while its knee is looked for or versions are compared, is', () => {
  expect(noted({ isSoaking: false, hasBegun: true }).lost).not.toBeNull()
})
