import { Reader } from '@plimsoll/core'
import { type ConsoleConfig, contactsOf } from './config.ts'
import type { Contact } from './escalation/contact.ts'

/** A name that leads nowhere would be found out at three in the morning. */
export function checkNames(reader: Reader, config: ConsoleConfig): void {
  const teams = new Set(config.teams.map(({ name }) => name))
  const known = config.teams.length === 0 ? 'no team is configured' : `known: ${[...teams].join(', ')}`
  const check = (where: string, team: string) => {
    if (!teams.has(team)) reader.at(where).fault(`names the team "${team}", which does not exist (${known})`)
  }
  config.escalation.levels.forEach((level, index) =>
    level.teams.forEach((team) => check(`escalation.levels[${index}].teams`, team)),
  )
  // An escalation must not end at nobody.
  const reachable = new Set(
    config.teams.filter((team) => contactsOf(config, team.name).length > 0).map(({ name }) => name),
  )
  config.escalation.levels.forEach(({ teams: called }, index) => {
    if (called.length === 0) reader.at(`escalation.levels[${index}].teams`).fault('must name a team')
    else if (called.every((team) => teams.has(team) && !reachable.has(team)))
      reader.at(`escalation.levels[${index}].teams`).fault('reaches nobody: none of its teams has a contact')
  })
  const people = new Set(config.people.map(({ name }) => name))
  config.teams.forEach((team, index) =>
    team.members.forEach((member) => {
      if (!people.has(member)) reader.at(`teams[${index}].members`).fault(`names "${member}", who is not among people`)
    }),
  )
  config.stakeholders?.teams.forEach((team) => check('stakeholders.teams', team))
  config.services.forEach((service, index) =>
    service.ownership.forEach(({ team }, at) => check(`services[${index}].ownership[${at}].team`, team)),
  )
  for (const [list, names] of [
    ['teams', config.teams.map(({ name }) => name)],
    ['services', config.services.map(({ name }) => name)],
    ['people', config.people.map(({ name }) => name)],
    ['rules', config.rules.map(({ name }) => name)],
    ['playbooks', config.playbooks.map(({ name }) => name)],
    ['heartbeats', config.heartbeats.map(({ name }) => name)],
  ] as const) {
    const twice = names.filter((name, index) => names.indexOf(name) !== index)
    for (const name of new Set(twice)) reader.at(list).fault(`has "${name}" twice`)
  }
  const contacts = [...config.teams, ...config.people].flatMap(({ contacts }) => contacts)
  const needs = (name: Contact['channel']) => contacts.some(({ channel }) => channel === name)
  if (needs('mail') && !config.smtp) reader.at('smtp').fault('is missing, and somebody is reached by mail')
  if (needs('slack-bot') && !config.slack)
    reader.at('slack').fault('is missing, and somebody is reached in a slackChannel')
}
