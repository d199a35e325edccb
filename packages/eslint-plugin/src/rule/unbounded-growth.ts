import type { Edit, Finding, Rule, Suggestion } from '../finding.ts'
import { describeCaller } from '../growth/caller.ts'
import { estimateBytes } from '../growth/estimate.ts'
import { suggestCache } from './suggest-cache.ts'
import { endOf, isCall, startOf, unwrap, type Node } from '../growth/node.ts'
import { functionName } from '../growth/function-name.ts'
import type { Program } from '../growth/program.ts'
import { findGrowth, type Growth } from '../growth/proof.ts'
import { findSuspects } from '../growth/suspects.ts'
import { finding } from './report.ts'

/** Findings of the growth proof, once for each program, sorted into rules by what would repair them. */
const found = new WeakMap<Program, Growth[]>()

export function growthOf(program: Program): readonly Growth[] {
  let growth = found.get(program)
  if (!growth) found.set(program, (growth = findGrowth(program)))
  return growth
}

/** A rule over the growth proof: its name, and what it says to do. */
export function growthRule(name: string, summary: string, fix: (growth: Growth) => string): Rule {
  return {
    name,
    severity: 'high',
    summary,
    find: (program) =>
      growthOf(program)
        .filter((growth) => ruleOf(growth) === name)
        .map((growth) => describe(name, growth, fix(growth), program)),
  }
}

/** What may grow, and only running it can tell: no findings until that is done. */
export function suspectsOf(program: Program): Finding[] {
  const told = new Set(growthOf(program).flatMap(({ write, others }) => [write.node, ...others]))
  return findSuspects(program)
    .filter(({ write }) => !told.has(write.node))
    .map(({ write, declaration, container, func }) => {
      const { name } = write.cell
      const rule = container === 'array' ? 'no-unbounded-list' : 'no-unbounded-collection'
      const caller = describeCaller(func, program)
      return finding(program, rule, write.node, {
        declaration,
        caller,
        sentence: `${name} grows with calls of ${caller}`,
        why: 'Reading the code leaves open what bounds it, and running it shows that nothing does.',
        key: write.key && program.text(write.key),
        entryBytes: estimateBytes(write.value),
        fix: `Give ${name} a limit, or take each out when what it stands for is over.`,
      })
    })
}

/** Each growth belongs to one rule. */
export function ruleOf(growth: Growth): string {
  const { container, longevity, write, key, isMemo } = growth
  if (container === 'array' || (container === 'Set' && !isMemo))
    return keepsItself(write.value) ? 'no-unpruned-registry' : 'no-unbounded-list'
  if (key?.kind === 'identity' && container === 'Map') return 'prefer-weak-map'
  if (longevity === 'closure' && isMemo) return 'no-unbounded-memoize'
  if (longevity === 'instance' || longevity === 'singleton') return 'no-unbounded-field'
  return 'no-unbounded-collection'
}

/** What is kept is the object itself, or one that was just made: `instances.push(this)`. */
function keepsItself(value: Node | null): boolean {
  if (!value) return false
  const kept = unwrap(value)
  if (kept.type === 'ThisExpression' || kept.type === 'NewExpression') return true
  return (
    kept.type === 'Identifier' &&
    /^(this|self|that|instance|conn|connection|container|client|task|job|logger|debug|child|worker)$/i.test(
      kept['name'] as string,
    )
  )
}

function describe(rule: string, growth: Growth, fix: string, program: Program): Finding {
  const { cell, write, key, longevity, declaration } = growth
  const name = readableName(growth, program)
  const caller = describeCaller(growth.func, program)
  return {
    rule,
    severity: longevity === 'program' || longevity === 'singleton' ? 'high' : 'medium',
    sentence: `${name} grows with every ${keptThing(growth)} of ${caller} and never shrinks`,
    node: write.node,
    others: growth.others,
    declaration,
    why: explain(growth, program),
    key: key ? `${spellOut(growth, program)}${keyWords[key.kind] ?? ''}` : null,
    caller,
    entryBytes: estimateBytes(write.value),
    fix: fix.replaceAll('NAME', cell.name),
    suggestions: [suggestCache(growth, program), ...suggestionsFor(growth, program)].filter((one) => one !== null),
  }
}

/** `key = \`${url}#${session}\``: a name alone says little. */
function spellOut({ write, key }: Growth, program: Program): string {
  const node = write.key && unwrap(write.key)
  const definition = node?.type === 'Identifier' ? program.scopes.variableOf(node)?.definitions[0] : null
  if (!definition?.init || definition.path.length > 0 || definition.kind === 'param' || definition.kind === 'import')
    return key!.text
  return `${key!.text} = ${program.text(definition.init)}`
}

function readableName(growth: Growth, program: Program): string {
  const { node } = growth.write
  const target =
    node.type === 'AssignmentExpression' || node.type === 'UpdateExpression'
      ? unwrap((node['left'] ?? node['argument']) as Node)
      : isCall(node)
        ? unwrap(node['callee'] as Node)
        : null
  const object = target?.['object'] as Node | undefined
  return object ? program.text(object) : growth.cell.name
}

function keptThing({ key }: Growth): string {
  return key ? 'new key' : 'call'
}

const keyWords: Record<string, string> = {
  stranger: ', which callers choose freely',
  identity: ', an object, so that no two are the same',
}

function explain(growth: Growth, program: Program): string {
  const { idleShrinks, longevity } = growth
  const [idle] = idleShrinks
  const life = {
    program: 'It lives as long as the program',
    singleton: 'Start-up makes its owner, and it lives as long as that',
    instance: 'It lives as long as its owner',
    closure: 'It lives as long as the function that was handed out',
  }[longevity]
  const names = [...new Set(idleShrinks.map(({ func }) => functionName(func) ?? '').filter((name) => name !== ''))]
  const shrink =
    names.length > 0
      ? `only ${names.slice(0, 3).join(', ')}() could make it smaller, and nothing here calls ${names.length > 1 ? 'them' : 'it'}`
      : idle
        ? `what takes entries out ${program.frequencyOf(idle.func) === 'many' ? 'does not run when all goes well' : 'runs at start-up only'} (line ${idle.node.loc?.start.line ?? '?'})`
        : 'nothing takes an entry out, and nothing looks at how many there are'
  return `${life}; ${shrink}.`
}

/** Entries a bounded cache starts with: enough for what is hot in most services, and a number a reader will question. */
const suggestedEntries = 1000

function suggestionsFor(growth: Growth, program: Program): Suggestion[] {
  const { declaration, container, key, write } = growth
  const made = madeBy(declaration)
  if (container === 'Map' && key?.kind === 'identity' && made && isOnlyKeyed(growth, program))
    return [
      {
        title: 'Use a WeakMap: an entry goes with its key',
        edits: [replace(made['callee'] as Node, 'WeakMap')],
        isSafe: false,
      },
    ]
  if (container !== 'Map' && container !== 'Set' && container !== 'array') return []
  const statement = statementOf(write.node)
  const object = write.node['callee']?.object as Node | undefined
  if (!statement || !object || !isCall(write.node)) return []
  const name = program.text(object)
  const indent = indentOf(statement, program.source)
  const semicolon = program.source.slice(startOf(statement), endOf(statement)).endsWith(';') ? ';' : ''
  const line =
    container === 'array'
      ? `if (${name}.length > ${suggestedEntries}) ${name}.shift()${semicolon}`
      : container === 'Map'
        ? `if (${name}.size > ${suggestedEntries}) ${name}.delete(${name}.keys().next().value${asKey(program)})${semicolon}`
        : `if (${name}.size > ${suggestedEntries}) ${name}.delete(${name}.values().next().value${asKey(program)})${semicolon}`
  const edit: Edit = { from: endOf(statement), to: endOf(statement), text: `\n${indent}${line}` }
  return [
    {
      title:
        container === 'array'
          ? `Keep the last ${suggestedEntries}`
          : `Keep ${suggestedEntries} entries, the oldest leaves`,
      edits: [edit],
      isSafe: false,
    },
  ]
}

/** An iterator's value may be `undefined` for the type checker; a collection above its limit has a first key. */
function asKey(program: Program): string {
  return program.isTyped ? '!' : ''
}

function madeBy(declaration: Node): Node | null {
  const candidates = [declaration, declaration.parent?.['init'], declaration['right'], declaration['value']] as (
    Node | undefined
  )[]
  return candidates.map((node) => node && unwrap(node)).find((node) => node?.type === 'NewExpression') ?? null
}

/** A WeakMap has neither `size` nor iteration. */
function isOnlyKeyed(growth: Growth, program: Program): boolean {
  const operations = program.operations.get(growth.cell) ?? []
  return operations.every(
    ({ kind, how }) =>
      kind === 'init' ||
      ((kind === 'grow' || kind === 'read' || kind === 'remove') && /^(set|get|has|delete)$/.test(how)),
  )
}

function statementOf(node: Node): Node | null {
  const { parent } = node
  return parent?.type === 'ExpressionStatement' && parent.parent?.type === 'BlockStatement' ? parent : null
}

export function indentOf(statement: Node, source: string): string {
  const from = source.lastIndexOf('\n', startOf(statement) - 1) + 1
  return /^[ \t]*/.exec(source.slice(from, startOf(statement)))![0]
}

function replace(node: Node, text: string): Edit {
  return { from: startOf(node), to: endOf(node), text }
}
