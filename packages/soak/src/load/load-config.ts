import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { messageOf } from '@plimsoll/core'

import { SoakInvalidError } from '../errors.ts'

/**
 * The default export of a configuration file. TypeScript is stripped by Node where it can (22.18 and later), else by the
 * `typescript` of the project the file lies in.
 * @throws SoakInvalidError that says what to do
 */
export async function loadConfig(file: string): Promise<unknown> {
  if (!existsSync(file)) throw new SoakInvalidError(`There is no configuration file ${file}.`)
  try {
    const module = (await (isForeign(file) ? importTranspiled(file) : import(pathToFileURL(file).href))) as {
      default?: unknown
    }
    if (module.default === undefined)
      throw new SoakInvalidError(`${file} exports nothing by default. Write: export default defineSoak({ … })`)
    return module.default
  } catch (error) {
    if (error instanceof SoakInvalidError) throw error
    throw new SoakInvalidError(`${file} could not be loaded: ${messageOf(error)}`, { cause: error })
  }
}

function isForeign(file: string): boolean {
  const { typescript } = process.features as { typescript?: string | false }
  return /\.[mc]?ts$/.test(file) && !typescript
}

async function importTranspiled(file: string): Promise<unknown> {
  let typescript: typeof import('typescript')
  try {
    typescript = createRequire(file)('typescript') as typeof import('typescript')
  } catch {
    throw new SoakInvalidError(
      `${file} is TypeScript, which this Node (${process.version}) does not run. Install typescript in that project, use Node 22.18 or later, or name it .mjs.`,
    )
  }
  const { ModuleKind, ScriptTarget } = typescript
  const { outputText } = typescript.transpileModule(readFileSync(file, 'utf8'), {
    compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 },
    fileName: file,
  })
  // Beside the original, so that what it imports is found; gone as soon as it is loaded.
  const copy = join(dirname(file), `.${basename(file)}.${process.pid}.mjs`)
  writeFileSync(copy, outputText)
  try {
    return await import(pathToFileURL(copy).href)
  } finally {
    rmSync(copy, { force: true })
  }
}
