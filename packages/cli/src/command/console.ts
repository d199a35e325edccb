import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf } from '@plimsoll/core'
import { parseConfigText, startConsole, type ConsoleConfig } from '@plimsoll/console'
import { countOf, textOf, UsageError, type Command, type Input } from '../command.ts'
import { defaultDataFolder } from '../data-folder.ts'

/** `plimsoll console`: from a signal to a person. */
export const consoleCommand: Command = {
  name: 'console',
  usage: 'console [flags]',
  summary: 'start the console: it collects, judges, reaches people and keeps the story',
  flags: {
    port: { value: 'PORT', help: 'where to listen (default 7700, or the next free one)' },
    host: { value: 'ADDRESS', help: 'on which address (default 127.0.0.1: this machine only)' },
    data: { value: 'FOLDER', help: 'its database and tokens (default ~/.local/share/plimsoll)' },
    config: { value: 'FILE', help: 'services, owners, teams, escalation and mail, in YAML' },
  },
  notes: [
    'PLIMSOLL_DATABASE_URL names a PostgreSQL to use instead of the embedded one.',
    'Ctrl-C ends it; what was under way goes on at the next start.',
  ],
  async run(input: Input) {
    const dataDir = resolve(textOf(input, 'data') ?? defaultDataFolder(process.env))
    const running = await startConsole({
      dataDir,
      port: countOf(input, 'port', { min: 0, max: 65_535 }),
      host: textOf(input, 'host'),
      databaseUrl: process.env['PLIMSOLL_DATABASE_URL'] || undefined,
      config: readConfig(textOf(input, 'config')),
      log: (line) => void process.stderr.write(`plimsoll: ${line}\n`),
    })
    process.stdout.write(
      [
        `The console listens on ${running.url}`,
        `Sign in once:   ${running.signInUrl}`,
        `Report to it:   plimsoll run --console=${running.url} --token-file=${running.agentTokenFile} -- node server.js`,
        `Send it alerts: as to an Alertmanager at this address, with the token in ${running.alertTokenFile}`,
        '',
      ].join('\n'),
    )
    await new Promise((ended) => process.once('SIGINT', ended).once('SIGTERM', ended).once('SIGHUP', ended))
    await running.stop()
    return 0
  },
}

function readConfig(file: string | undefined): ConsoleConfig | undefined {
  if (file === undefined) return undefined
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`The configuration cannot be read: ${messageOf(error)}.`)
  }
  return parseConfigText(text, file)
}
