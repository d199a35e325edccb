import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { stringify } from 'yaml'

/** What the console of a demo or a replay is told. Spans as its configuration takes them: `30s`, `5m`. */
export interface ConsoleSettings {
  service: string
  databaseUrl: string
  /** Where mails and pages go: the fake inbox. */
  smtpPort: number
  pageUrl: string
  links: { label: string; url: string }[]
  /** Calm that must last before an incident counts as resolved. */
  proof: string
  /** After how long the second level is called. */
  secondLevelAfter: string
  /** What the machine may do; `safe` unless told. */
  act?: 'observe' | 'safe'
  /** How often the second level is called again; as shipped unless told. */
  repeat?: string
}

/**
 * Writes the console's configuration: the web team is called first, the developers own the shop's code and are called second,
 * and business hears of it. The file holds the database's password and the pager's address, so it is nobody else's to read.
 */
export function writeConsoleConfig(path: string, settings: ConsoleSettings): void {
  const team = (name: string, address: string, isPaged: boolean) => ({
    name,
    contacts: [{ mail: `${address}@example.org` }, ...(isPaged ? [{ webhook: settings.pageUrl }] : [])],
  })
  const config = {
    services: [
      {
        name: settings.service,
        database: settings.databaseUrl,
        act: settings.act ?? 'safe',
        proof: settings.proof,
        ownership: [
          { path: 'apps/marketplace/src', team: 'developers on call' },
          { path: 'src', team: 'developers on call' },
        ],
      },
    ],
    teams: [
      team('web team on call', 'web-on-call', true),
      team('developers on call', 'developers-on-call', true),
      team('business', 'business', false),
    ],
    escalation: {
      levels: [
        { after: '0s', teams: ['web team on call'] },
        { after: settings.secondLevelAfter, teams: ['developers on call'] },
      ],
      ...(settings.repeat === undefined ? {} : { repeat: settings.repeat }),
    },
    stakeholders: { teams: ['business'] },
    smtp: { url: `smtp://127.0.0.1:${settings.smtpPort}`, from: 'plimsoll@example.org' },
    links: settings.links,
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, stringify(config), { mode: 0o600 })
}
