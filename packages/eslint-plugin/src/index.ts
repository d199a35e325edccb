import type { ESLint, Linter, Rule as EslintRule } from 'eslint'
import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { Finding, Rule, Settings } from './finding.ts'
import { createElsewhere } from './growth/elsewhere.ts'
import type { Node } from './growth/node.ts'
import { understand, type Program } from './growth/program.ts'
import { rules } from './rules.ts'

export type { Settings } from './finding.ts'
export type { CacheLibrary, MemoizeLibrary } from './knowledge/libraries.ts'

const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  name: string
  version: string
}

/** One understanding of a file for all rules that look at it. */
const programs = new WeakMap<object, Program | null>()

/** `null` for what is nested too deeply: a rule must not stop the rest of a lint. */
function programOf(context: EslintRule.RuleContext): Program | null {
  const { ast, text } = context.sourceCode
  let program = programs.get(ast)
  if (program === undefined) {
    program = understandOrNull(ast as Node, text, context.physicalFilename)
    programs.set(ast, program)
  }
  return program
}

function understandOrNull(root: Node, text: string, file: string): Program | null {
  try {
    const elsewhere = isAbsolute(file) ? createElsewhere(file) : null
    return understand(root, text, /\.[cm]?tsx?$/.test(file), elsewhere)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function toEslint(rule: Rule): EslintRule.RuleModule {
  return {
    meta: {
      type: 'problem',
      docs: { description: rule.summary, recommended: rule.severity === 'high', url: pageOf(rule.name) },
      hasSuggestions: true,
      fixable: 'code',
      schema: [],
      messages: { found: '{{text}}', suggested: '{{text}}' },
    },
    create: (context) => ({
      'Program:exit'() {
        const settings = (context.settings['plimsoll'] ?? {}) as Settings
        for (const finding of findOrWarn(rule, context, settings)) report(context, finding)
      },
    }),
  }
}

/** A rule that fails must not stop the rest of a lint, nor be an error of the file: the process's warnings tell it. */
function findOrWarn(rule: Rule, context: EslintRule.RuleContext, settings: Settings): Finding[] {
  try {
    const program = programOf(context)
    return program ? rule.find(program, settings) : []
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    process.emitWarning(`${rule.name} could not look at ${context.filename} (${what}); please report it`, {
      code: name,
    })
    return []
  }
}

function report(context: EslintRule.RuleContext, finding: Finding): void {
  const { node, sentence, why, fix, suggestions } = finding
  const safe = suggestions.find(({ isSafe }) => isSafe)
  const apply = (edits: Finding['suggestions'][number]['edits']) => (fixer: EslintRule.RuleFixer) =>
    edits.map(({ from, to, text }) => fixer.replaceTextRange([from, to], text))
  context.report({
    loc: node.loc!,
    messageId: 'found',
    data: { text: `${sentence}. ${why} ${fix}` },
    ...(safe ? { fix: apply(safe.edits) } : {}),
    suggest: suggestions
      .filter(({ isSafe }) => !isSafe)
      .map(({ title, edits }) => ({ messageId: 'suggested', data: { text: title }, fix: apply(edits) })),
  })
}

function pageOf(rule: string): string {
  return `https://www.npmjs.com/package/${name}#${rule}`
}

/** `recommended`: what grows for ever. `strict`: also what does so in uses that one file does not show. */
type Configs = Record<'recommended' | 'strict', Linter.Config>

const plugin: ESLint.Plugin & { configs: Configs } = {
  meta: { name, version, namespace: 'plimsoll' },
  rules: Object.fromEntries(rules.map((rule) => [rule.name, toEslint(rule)])),
  configs: {} as Configs,
}
for (const [set, severity] of [
  ['recommended', 'high'],
  ['strict', null],
] as const) {
  const wanted = rules.filter((rule) => severity === null || rule.severity === severity)
  plugin.configs[set] = {
    name: `plimsoll/${set}`,
    plugins: { plimsoll: plugin },
    rules: Object.fromEntries(wanted.map((rule) => [`plimsoll/${rule.name}`, 'error'])),
  }
}

export const { meta, configs } = plugin
const pluginRules = plugin.rules
export { pluginRules as rules }
// ESLint's own convention: `import plimsoll from 'eslint-plugin-plimsoll'`.
export default plugin
