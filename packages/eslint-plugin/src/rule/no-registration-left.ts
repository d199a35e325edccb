import type { Rule } from '../finding.ts'
import { findDroppedDisposers, findEmptyDisposers } from '../growth/dropped-disposer.ts'
import { functionName } from '../growth/function-name.ts'
import { findLateHandles } from '../growth/late-handle.ts'
import type { Node } from '../growth/node.ts'
import { findNoWayOut } from '../growth/no-way-out.ts'
import { findRegistrations, findSelfEntries } from '../growth/registration.ts'
import { finding } from './report.ts'

const rule = 'no-registration-left'

export const noRegistrationLeft: Rule = {
  name: rule,
  severity: 'medium',
  summary: 'What registers itself when it is made does not take itself out when it ends.',
  find: (program) => [
    ...findSelfEntries(program).map(({ call, end, name }) => {
      const ender = functionName(end) ?? 'end'
      return finding(program, rule, call, {
        severity: 'medium',
        declaration: end,
        sentence: `${name} keeps what entered itself after ${ender}()`,
        why: `What is made here enters itself into ${name}, which was given from outside, and ${ender}() takes nothing out of it.`,
        entryBytes: 500,
        fix: `Take it out of ${name} in ${ender}() (line ${end.loc?.start.line ?? '?'}).`,
      })
    }),
    ...findRegistrations(program).map(({ call, end, counterpart }) => {
      const ender = functionName(end) ?? 'end'
      const callee = program.text(call)
      return finding(program, rule, call, {
        severity: 'medium',
        declaration: end,
        sentence: `This registration stays after ${ender}()`,
        why: `${counterpart}() would take back what ${callee} does, and nothing here calls it: each that is made and ended stays registered.`,
        entryBytes: 500,
        fix: `Keep what registers it, and call ${counterpart}() in ${ender}() (line ${end.loc?.start.line ?? '?'}).`,
      })
    }),
    ...findDroppedDisposers(program).map(({ call, disposer }) =>
      finding(program, rule, call, {
        severity: 'medium',
        declaration: disposer,
        sentence: `What would take back what ${program.text(call['callee'] as Node)}() begins is dropped`,
        why: `It answers a function for that (line ${disposer.loc?.start.line ?? '?'}), and nobody keeps the answer: what was begun stays with what it was begun on, once for each call.`,
        entryBytes: 300,
        fix: `Keep what ${program.text(call['callee'] as Node)}() answers, and call it when the work is done, in a finally.`,
      }),
    ),
    ...findEmptyDisposers(program).map(({ call, disposer }) =>
      finding(program, rule, call, {
        severity: 'medium',
        declaration: disposer,
        sentence: 'What is answered to end this does nothing',
        why: `Line ${disposer.loc?.start.line ?? '?'} answers an empty function; what is registered here stays, and holds on to what it was made for.`,
        entryBytes: 300,
        fix: `Take back there (line ${disposer.loc?.start.line ?? '?'}) what is registered here.`,
      }),
    ),
    ...findNoWayOut(program).map(({ write, declaration }) =>
      finding(program, rule, write.node, {
        severity: 'medium',
        declaration,
        sentence: `Whoever gets into ${write.cell.name} can never leave`,
        why: `${functionName(write.func)!}() takes one in and answers nothing, and no line takes one out: what subscribes and is over stays, and is told for ever.`,
        entryBytes: 300,
        fix: `Answer a function that takes it out of ${write.cell.name} again, or hold it by a WeakRef.`,
      }),
    ),
    ...findLateHandles(program).map(({ begun, end, name }) =>
      finding(program, rule, begun, {
        severity: 'medium',
        declaration: end,
        sentence: `Whoever is done before this began can no longer end it`,
        why: `What is answered (line ${end.loc?.start.line ?? '?'}) ends ${name}, which is still empty until the promise settles: called before, it ends nothing, and then this begins all the same.`,
        entryBytes: 500,
        fix: `Set a flag in the function that is answered (line ${end.loc?.start.line ?? '?'}), and ask for it here before this begins.`,
      }),
    ),
  ],
}
