import { formatDuration } from '@plimsoll/core'
import { contactsOf, policyOf, type ConsoleConfig } from '../../config.ts'
import { isServing, type ServiceFacts } from '../../rule/facts.ts'
import { runbook } from '../../runbook/verdict.ts'
import type { PlanView } from '../contract.ts'

/** What will happen to a service when it goes wrong, and what is missing for it to go well. */
export function toPlan(service: string, config: ConsoleConfig, facts: ServiceFacts): PlanView {
  const policy = policyOf(config, service)
  const { levels, repeatMs, acknowledgeTimeoutMs } = config.escalation
  const serving = facts.processes.filter((process) => isServing(process) && process.presence === 'alive')
  const gaps: string[] = []
  if (levels.length === 0) gaps.push('Nobody is called: there is no escalation level.')
  if (levels.length === 1)
    gaps.push('There is one escalation level: who does not answer is called again, and nobody else is.')
  for (const [index, { teams }] of levels.entries()) {
    for (const team of teams) {
      const contacts = contactsOf(config, team)
      if (contacts.length === 0) gaps.push(`Level ${index + 1}: ${team} has no contact.`)
      if (new Set(contacts.map(({ channel }) => channel)).size === 1)
        gaps.push(
          `Level ${index + 1}: ${team} is reached by ${contacts[0]!.channel} alone; when that is down, it is not reached.`,
        )
    }
  }
  if (policy.ownership.length === 0)
    gaps.push('Nobody owns its code: the ownership map is empty, so a named culprit calls no team.')
  if (policy.databaseUrl === null) gaps.push('Its database is not configured, so nobody can say that it is innocent.')
  if (policy.act === 'observe') gaps.push('Nothing is done without people: act is observe.')
  if (policy.act !== 'observe' && serving.length > 0 && serving.length <= policy.minHealthyProcesses)
    gaps.push(
      `It runs ${serving.length} process${serving.length === 1 ? '' : 'es'}, and ${policy.minHealthyProcesses} others must be well before one is touched: nothing will be.`,
    )
  if (!config.stakeholders) gaps.push('Nobody is told how it stands: there are no stakeholders.')
  if (!config.deadman) gaps.push('Nobody notices when this console itself is dead: there is no deadman.')
  return {
    service,
    act: policy.act,
    actions:
      policy.act === 'observe'
        ? []
        : [
            'shrink or clear the registered cache that leaks',
            'replace one worker after another, each verified before the next',
          ],
    guard: `At least ${policy.minHealthyProcesses} other process${policy.minHealthyProcesses === 1 ? '' : 'es'} must be well, and ${formatDuration(policy.coolDownMs)} lie between two actions.`,
    ownership: policy.ownership.map(({ path, cache, package: name, team }) => ({
      what: path !== null ? `files under ${path}` : cache !== null ? `the cache ${cache}` : `the package ${name}`,
      team,
    })),
    escalation: levels.map(({ afterMs, teams }, index) => ({
      level: index + 1,
      afterMs,
      teams: teams.map((team) => ({
        name: team,
        contacts: contactsOf(config, team).map(({ channel, to }) => `${channel} ${to}`),
      })),
    })),
    repeatMs,
    acknowledgeTimeoutMs,
    runbook: runbook.map(({ title }) => title),
    dependsOn: policy.dependsOn,
    objectives: {
      latencyMs: policy.latencyObjectiveMs,
      errorRatio: policy.errorObjective,
      loadLineRatio: policy.loadLineRatio,
      proofMs: policy.proofMs,
    },
    stakeholders: config.stakeholders?.teams ?? [],
    playbooks: config.playbooks
      .filter(({ services }) => services.length === 0 || services.includes(service))
      .map(({ name, cause, remedies, steps }) => ({ name, cause, remedies, steps })),
    gaps,
  }
}
