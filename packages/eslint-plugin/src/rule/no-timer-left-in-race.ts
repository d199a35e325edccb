import type { Rule } from '../finding.ts'
import { callsInside } from '../growth/call-graph.ts'
import { calleeName, isFunction, methodOf, type Node, unwrap } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { finding } from './report.ts'

const rule = 'no-timer-left-in-race'

/**
 * `Promise.race([work, new Promise((_, reject) => setTimeout(reject, ms))])`: the timer of every race that the work wins runs on, and
 * keeps what the race closes over until it fires.
 */
export const noTimerLeftInRace: Rule = {
  name: rule,
  severity: 'medium',
  summary: 'A race against a timer leaves the timer running when the work wins.',
  find: (program) =>
    program.scopes
      .byType('CallExpression')
      .filter((call) => methodOf(call) === 'race' && /^Promise\b/.test(program.text(call['callee'] as Node)))
      .filter((call) => program.frequencyOf(program.scopes.functionOf(call)) === 'many')
      .flatMap((call) => {
        const timer = timerIn(call, program)
        if (!timer || isCleared(call, program)) return []
        return [
          finding(program, rule, timer, {
            severity: 'medium',
            others: [call],
            sentence: 'The timer of every race that the work wins runs on',
            why: 'Nothing clears it: until it fires it keeps the loser of the race, and all that this closes over.',
            entryBytes: 500,
            fix: 'Keep what setTimeout() answers, and clear it when the race is over, in a finally.',
          }),
        ]
      }),
}

/** A `setTimeout` in an executor that is raced: in the list itself, or in a variable of the same function that is in the list. */
function timerIn(race: Node, program: Program): Node | null {
  const [given] = race['arguments'] as Node[]
  const list = given && unwrap(given)
  if (list?.type !== 'ArrayExpression') return null
  for (const element of list['elements'] as (Node | null)[]) {
    const promise = element && promiseOf(unwrap(element), program)
    const executor = promise && (promise['arguments'] as Node[])[0]
    if (!executor || !isFunction(unwrap(executor))) continue
    const timer = callsInside(unwrap(executor), program).find((call) => calleeName(call) === 'setTimeout')
    if (timer && !isShort(timer)) return timer
  }
  return null
}

/** It is over in a second: `setTimeout(resolve, 0)` asks whether something is settled, a loop that polls comes by again. */
function isShort(timer: Node): boolean {
  const delay = (timer['arguments'] as Node[])[1]
  const ms: unknown = delay ? unwrap(delay)['value'] : 0
  return typeof ms === 'number' && ms <= 1000
}

function promiseOf(node: Node, program: Program): Node | null {
  if (node.type === 'NewExpression') return calleeName(node) === 'Promise' ? node : null
  const init = node.type === 'Identifier' ? program.scopes.variableOf(node)?.definitions[0]?.init : null
  const made = init && unwrap(init)
  return made?.type === 'NewExpression' && calleeName(made) === 'Promise' ? made : null
}

/** Something around clears a timer, lets go of it, or ends the process, and with it the timer. */
function isCleared(race: Node, program: Program): boolean {
  let outer = program.scopes.functionOf(race)
  for (let at = outer; at !== program.root; at = program.scopes.functionOf(at)) outer = at
  return callsInside(outer, program).some((call) =>
    /^(clearTimeout|unref|clear|cancel\w*|dispose|abort|delete|exit)$/.test(calleeName(call) ?? ''),
  )
}
