import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import Ajv from 'ajv'
import { XmlDocument, XsdValidator } from 'libxml2-wasm'
import { afterAll, expect, test } from 'vitest'

import { allResults } from '../../test/results.ts'
import { formatJunit } from './junit.ts'
import { formatSarif } from './sarif.ts'

// The schema Jenkins reads JUnit's XML by, kept with its licence, and the one OASIS publishes for SARIF, as it comes with a package.
const junit = XmlDocument.fromBuffer(readFileSync(new URL('../../test/schema/junit.xsd', import.meta.url)))
const junitValidator = XsdValidator.fromDoc(junit)
const require = createRequire(import.meta.url)
const isSarif = new Ajv({ schemaId: 'auto' })
  .addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json') as object)
  .compile(require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json') as object)

afterAll(() => {
  junitValidator.dispose()
  junit.dispose()
})

function junitFaults(xml: string): string {
  const document = XmlDocument.fromString(xml)
  try {
    junitValidator.validate(document)
    return ''
  } catch (error) {
    return String(error)
  } finally {
    document.dispose()
  }
}

test.each(allResults)('JUnit of $name is valid against its schema', ({ result }) => {
  expect(junitFaults(formatJunit(result))).toBe('')
})

test.each(allResults)('SARIF of $name is valid against its schema', ({ result }) => {
  isSarif(JSON.parse(formatSarif(result)))
  expect(isSarif.errors).toBeNull()
})

test('what is not valid is seen not to be', () => {
  const [{ result }] = allResults
  expect(junitFaults(formatJunit(result).replace('<testsuite name=', '<testsuite title='))).toMatch(/title/)
  expect(isSarif({ ...(JSON.parse(formatSarif(result)) as object), version: '2' })).toBe(false)
})
