import { parse, type ParserOptions, type ParserPlugin } from '@babel/parser'
import type { Node } from 'eslint-plugin-plimsoll/analysis'

/** What came of reading a file. */
export type Parsed = { root: Node; what?: undefined } | { root?: undefined; what: string }

const shared: ParserOptions = {
  sourceType: 'unambiguous',
  errorRecovery: true,
  allowAwaitOutsideFunction: true,
  allowReturnOutsideFunction: true,
  allowSuperOutsideMethod: true,
  allowNewTargetOutsideFunction: true,
  allowUndeclaredExports: true,
  attachComment: false,
  createImportExpressions: true,
}
const always: ParserPlugin[] = [
  ['estree', { classFeatures: true }],
  'decorators-legacy',
  // `accessor name = 1`, of classes with decorators, which TypeScript reads as well.
  'decoratorAutoAccessors',
  'explicitResourceManagement',
  'importAttributes',
]

/**
 * Reads JavaScript of any age, JSX, TypeScript and Flow as an ESTree. What one reading cannot make sense of is tried with the next:
 * `<T>x` is a cast in `.ts` and an element in `.tsx`, and a `.js` file may hold either or Flow.
 */
export function parseSource(source: string, path: string): Parsed {
  let what = ''
  for (const plugins of readings(path)) {
    try {
      const file = parse(source, { ...shared, plugins: [...always, ...plugins] })
      return { root: file.program as unknown as Node }
    } catch (error) {
      what ||= error instanceof RangeError ? 'nested too deeply' : firstLine(error)
    }
  }
  return { what }
}

function readings(path: string): ParserPlugin[][] {
  if (/\.[cm]?ts$/.test(path)) return [['typescript']]
  if (/\.tsx$/.test(path)) return [['typescript', 'jsx']]
  return [['jsx'], ['flow', 'jsx'], []]
}

function firstLine(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]! : String(error)
}
