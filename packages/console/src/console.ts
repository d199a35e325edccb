import { messageOf, MiB, SECOND_MS, type Timer } from '@plimsoll/core'
import type { OpenDatabase } from '@plimsoll/postgres'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Access, hashToken, newToken } from './api/access.ts'
import { paths } from './api/contract.ts'
import { listen } from './api/listen.ts'
import { Live } from './api/live.ts'
import type { Rooms } from './api/rooms.ts'
import { showIncident } from './api/route/incidents.ts'
import { readOverview } from './api/route/services.ts'
import { createServer } from './api/server.ts'
import { AlertBook } from './collect/alert-book.ts'
import { Fleet } from './collect/fleet.ts'
import { Heartbeats } from './collect/heartbeats.ts'
import { SampleJournal } from './collect/journal.ts'
import { Lookout } from './collect/lookout.ts'
import { RollUpStore } from './collect/roll-up-store.ts'
import type { Committed } from './engine/commit.ts'
import { Engine } from './engine/engine.ts'
import { SilenceBook } from './engine/silence-book.ts'
import { createAlertmanagerChannel, createAlertmanagerWebhookChannel } from './notify/channel/alertmanager.ts'
import { createMailChannel, withTimeouts } from './notify/channel/mail.ts'
import { createPagerdutyChannel } from './notify/channel/pagerduty.ts'
import { createSlackBotChannel, createSlackChannel } from './notify/channel/slack.ts'
import { createWebhookChannel } from './notify/channel/webhook.ts'
import type { ConsoleConfig } from './config.ts'
import { renderStatus } from './api/status-page.ts'
import type { Channel, FindSecret } from './notify/channel.ts'
import { Lifeline } from './notify/lifeline.ts'
import { olderSecrets, showUrl } from './escalation/contact.ts'
import { createHider } from './notify/hide-secrets.ts'
import { Outbox } from './notify/outbox.ts'
import { resolveOptions, type ConsoleOptions, type ResolvedOptions } from './options.ts'
import { forgetExpired, insertToken, saveConfiguration } from './storage/people.ts'
import { readDeploys, saveDeploy } from './storage/rule-states.ts'
import { openStorage } from './storage/storage.ts'
import { Work } from './work.ts'

/** A quarter of an hour of a thousand processes that report twice a second. */
const MAX_JOURNAL_BYTES = 512 * MiB
/** A week of two thousand processes in steps of ten minutes. */
const MAX_ROLL_UP_BYTES = 256 * MiB

/** A console that runs. */
export interface RunningConsole {
  /** Where it listens: `http://127.0.0.1:7700`. */
  readonly url: string
  /** Signs in once, within half an hour. */
  readonly signInUrl: string
  /** File with the token agents post with. */
  readonly agentTokenFile: string
  /** File with the token with which a Prometheus or an Alertmanager sends alerts. */
  readonly alertTokenFile: string
  /** File with the token of the command line: all that an admin may do. */
  readonly adminTokenFile: string
  /** Resolves when all work that was begun is done; for tests on a clock of their own. */
  settled(): Promise<void>
  /** Finishes what it has begun and closes everything. Idempotent. */
  stop(): Promise<void>
}

/**
 * Starts a console: opens its database, takes up what was under way when it ended, listens.
 * @throws {@link PortTakenError}, and what `openDatabase` of `@plimsoll/postgres` throws
 */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const resolved = resolveOptions(options)
  await mkdir(resolved.dataDir, { recursive: true })
  await chmod(resolved.dataDir, 0o700)
  const database =
    resolved.database ??
    (await openStorage({ url: resolved.databaseUrl, dataDir: resolved.dataDir, log: resolved.log }))
  try {
    return await startOn(database, resolved)
  } catch (error) {
    await database.stop()
    throw error
  }
}

async function startOn(database: OpenDatabase, options: Readonly<ResolvedOptions>): Promise<RunningConsole> {
  const { clock, config, dataDir } = options
  const { sql } = database
  const files = {
    agentToken: join(dataDir, 'agent-token'),
    alertToken: join(dataDir, 'alert-token'),
    adminToken: join(dataDir, 'admin-token'),
    signingKey: join(dataDir, 'signing-key'),
  }
  for (const { file, older, scope, name } of [
    { file: files.agentToken, scope: 'agent' as const, name: 'agents' },
    { file: files.alertToken, scope: 'alerts' as const, name: 'alerts' },
    { file: files.adminToken, older: join(dataDir, 'viewer-token'), scope: 'admin' as const, name: 'a tool' },
  ]) {
    await insertToken(sql, { tokenHash: hashToken(await keepSecret(file, older)), scope, name }, clock.nowMs())
  }
  const signingKey = await keepSecret(files.signingKey)
  const hide = createHider(config, [signingKey])
  const log = (line: string) => options.log(hide(line))
  await forgetExpired(sql, clock.nowMs())
  await saveConfiguration(sql, config, checksumOf(config), clock.nowMs())

  const work = new Work(log)
  const access = new Access({ sql, clock, signingKey })
  await access.load()
  const journal = new SampleJournal({ dir: join(dataDir, 'samples'), maxBytes: MAX_JOURNAL_BYTES, log })
  const rollUps = new RollUpStore({ dir: join(dataDir, 'samples'), maxBytes: MAX_ROLL_UP_BYTES, log })
  const noteDeploy = (service: string, version: string, atMs: number) =>
    work.track(saveDeploy(sql, service, version, atMs))
  const fleet = new Fleet(journal, noteDeploy, rollUps)
  const takeUpDeploys = async () => {
    for (const { service, version, atMs } of await readDeploys(sql, 20)) fleet.noteDeploy(service, version, atMs)
  }
  await takeUpDeploys()
  const live = new Live(clock)
  let address = ''
  const publicUrl = () => config.publicUrl ?? address
  const links = {
    incident: (id: number) => `${publicUrl()}/incidents/${id}`,
    acknowledge: (id: number, who: string) =>
      `${publicUrl()}/acknowledge/${id}?token=${access.createAcknowledgeToken(id, who)}`,
  }
  const changed = new Set<number>()
  const onCommit = ({ record, effects }: Committed) => {
    changed.add(record.id)
    if (record.state === 'resolved') lookout.noteResolved(record)
    for (const effect of effects)
      if (effect.type === 'retire') fleet.retire(record.service, effect.instance, clock.nowMs())
    if (effects.some(({ type }) => type === 'notify')) work.track(outbox.deliverDue())
    work.track(tellListeners())
  }
  const engine = new Engine({ sql, clock, config, links, log, onCommit, track: (step) => work.track(step) })
  const findSecret = secretsOf(config)
  const signed = { secret: config.webhookSecret ?? signingKey, nowMs: () => clock.nowMs(), findSecret }
  const installation = hashToken(signingKey).slice(0, 8)
  const channels: Partial<Record<Channel['name'], Channel>> = {
    ...(config.smtp ? { mail: createMailChannel({ ...config.smtp, url: withTimeouts(config.smtp.url) }) } : {}),
    ...(config.slack ? { 'slack-bot': createSlackBotChannel(config.slack) } : {}),
    slack: createSlackChannel({ findSecret }),
    pagerduty: createPagerdutyChannel({ url: config.pagerdutyUrl, installation, findSecret }),
    webhook: createWebhookChannel(signed),
    alertmanager: createAlertmanagerChannel(signed),
    'alertmanager-webhook': createAlertmanagerWebhookChannel(signed),
    ...options.channels,
  }
  const lifeline = new Lifeline({ sql, clock, config, channels, publicUrl, log })
  const outbox = new Outbox({
    sql,
    clock,
    random: options.random,
    log,
    report: (id, event) => engine.apply(id, event),
    hide,
    channels,
    incidentsUrl: () => `${publicUrl()}/incidents`,
  })
  const alerts = new AlertBook({ sql, clock, policy: config.alerts })
  const silences = new SilenceBook({ sql, clock, maintenance: config.maintenance, log })
  const heartbeats = new Heartbeats({ sql, clock, config, alerts })
  const track = (step: Promise<unknown>) => work.track(step)
  const lookout = new Lookout({ sql, alerts, silences, heartbeats, fleet, engine, config, clock, track })
  const rooms: Rooms = {
    sql,
    clock,
    config,
    engine,
    fleet,
    alerts,
    journal,
    statusPage: () => statusPage,
    silences,
    heartbeats,
    access,
    live,
    webDir: options.webDir,
    startedAtMs: clock.nowMs(),
    publicUrl,
    facts: (service) => lookout.read(service),
    serviceNames: () => lookout.serviceNames(),
    takeUp: (change) => takeUp(change),
    onNews: (service) => {
      const look = lookout.look(service)
      work.track(look)
      return look
    },
    log,
  }

  /** What changed goes to who watches it. */
  async function tellListeners(): Promise<void> {
    const ids = [...changed]
    changed.clear()
    for (const id of ids) {
      const listeners = live.listeners.filter(({ incidentId }) => incidentId === id)
      if (listeners.length === 0) continue
      const incident = await showIncident(rooms, id)
      for (const listener of listeners) listener.send('incident', incident)
    }
  }

  function tellOverview(): void {
    if (live.listeners.length === 0) return
    const overview = readOverview(rooms)
    for (const listener of live.listeners) {
      listener.send('overview', overview)
      const service = overview.services.find(({ processes }) =>
        processes.some(({ instance }) => instance === listener.instance),
      )
      const point = service && fleet.seriesOf(service.name, listener.instance!)?.lastPoint()
      if (point && point.atMs > (sentAtMs.get(listener) ?? 0)) {
        sentAtMs.set(listener, point.atMs)
        listener.send('point', point)
      }
    }
  }
  const sentAtMs = new WeakMap<object, number>()

  let statusPage: string | null = null
  // Rendered from memory, so that it is served while the store is down.
  function renderStatusPage(): void {
    if (config.statusPage === null) return
    statusPage = renderStatus(config.statusPage, lookout.serviceNames(), engine.openIncidents(), clock.nowMs())
  }

  /** Reads what is stored, at the start and after an import, at which nobody looks before all of it is known. */
  const takeUp = (change = async () => {}) =>
    lookout.standStill(async () => {
      await change()
      await takeUpDeploys()
      await engine.load()
      await Promise.all([alerts.load(), silences.load(), heartbeats.load()])
      await lookout.restore()
    })

  await fleet.restore(clock.nowMs())
  await takeUp()
  const server = await createServer(rooms)
  address = await listen(server, options)
  engine.fireDueTimers()
  work.track(outbox.deliverDue())
  renderStatusPage()
  const ticking: Timer = clock.every(
    SECOND_MS,
    () => {
      fleet.tick(clock.nowMs())
      work.track(journal.flush())
      work.track(rollUps.flush())
      engine.fireDueTimers()
      work.track(lookout.lookAll())
      work.track(lifeline.tick())
      renderStatusPage()
      if (Math.floor(clock.nowMs() / SECOND_MS) % 60 === 0) work.track(alerts.forgetOld())
      work.track(outbox.deliverDue())
      tellOverview()
    },
    { keepAlive: true },
  )
  const { token } = await access.createSignInToken()

  let stopping: Promise<void> | null = null
  return {
    url: address,
    signInUrl: `${publicUrl()}${paths.signIn}?token=${token}`,
    agentTokenFile: files.agentToken,
    alertTokenFile: files.alertToken,
    adminTokenFile: files.adminToken,
    settled: async () => {
      await work.settled()
      await outbox.settled()
      await work.settled()
    },
    stop: () => (stopping ??= stop()),
  }

  async function stop(): Promise<void> {
    ticking.cancel()
    live.stop()
    await server.close()
    await outbox.stop()
    await work.settled()
    await engine.stop()
    await lookout.stop()
    await journal.stop()
    await rollUps.stop()
    await database.stop()
  }
}

/** Looks up what it takes to reach a destination, in the configuration alone: nothing stored holds it. */
function secretsOf(config: ConsoleConfig): FindSecret {
  const contacts = [...config.teams, ...config.people].flatMap((holder) => holder.contacts)
  // What was written down by older versions was addressed with all of its URL, then with more of it than now, then with less.
  const secrets = new Map(
    contacts.flatMap(({ channel, to, secret }) =>
      [to, secret, ...olderSecrets.map((isSecret) => secret && showUrl(secret, isSecret))].map(
        (name) => [JSON.stringify([channel, name]), secret] as const,
      ),
    ),
  )
  return (channel, to) => secrets.get(JSON.stringify([channel, to])) ?? null
}

/**
 * Reads a secret of this installation, or makes it on the first start. Only its owner may read the file.
 * @param olderPath where a version before kept it
 */
async function keepSecret(path: string, olderPath?: string): Promise<string> {
  // Under its former name it is left to nobody: who deletes the new file wants another secret, and not that one again.
  const older = olderPath === undefined ? '' : await readFile(olderPath, 'utf8').catch(() => '')
  if (olderPath !== undefined && older.trim() !== '' && !existsSync(path)) await rename(olderPath, path)
  try {
    await writeFile(path, `${newToken()}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST')
      throw new Error(`${path} can't be written: ${messageOf(error)}`, { cause: error })
  }
  await chmod(path, 0o600)
  return (await readFile(path, 'utf8')).trim()
}

function checksumOf(config: unknown): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex')
}
