import { rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Probe } from '../subject/probe-desk.ts'
import type { ScriptFacts } from '../probe/inspector.ts'
import type {
  HolderFacts,
  KeeperFacts,
  ProbeCalls,
  RanScript,
  SampledSite,
  WriteSite,
} from '../probe/probe-protocol.ts'
import { readValueNames } from '../probe/value-names.ts'
import { readAccounts } from './accounts.ts'
import { HeapGraph } from './heap-graph.ts'
import { findHolders, type Holder } from './holders.ts'
import { judgeHolder, type HolderJudgement, type Outlook } from './judge-holder.ts'
import { findCaller, nameHolder, rankSites, type Culprit, type Sightings } from './name-culprit.ts'
import { packageOf, Sources } from './sources.ts'

export interface Findings {
  /** Most of the growth first; what lets nothing go before what is on its way to a bound. */
  culprits: Culprit[]
  /** What grew and has a holder. */
  netBytes: number
  /** Part of the growth held by what is bounded, lets go, or expires. */
  boundedShare: number
  /** Of that, what has a bound in entries that is known. */
  fillingShare: number
  /** Of that, what is removed by time. */
  expiringShare: number
  /** Part of the growth whose holders seem to let nothing go, and work by clocks and timers. */
  timedShare: number
  judgements: { path: string; share: number; judgement: HolderJudgement }[]
}

/** What this soak itself loaded into the process is nobody's leak. */
const ownProbe = new URL('../probe/', import.meta.url).href
/** By its timer for connections, where no variable of the service leads to what a listener of the server holds. */
const wayToServer = /^timerListMap\b.*?\._events\.\w+(?:\[\])?\./
/** A look stands the process still, for long where there is little CPU: that is no service that hangs. */
const LOOK_TIMEOUT_MS = 120_000
const MAX_SUSPECTS = 4
/** Less that was traced, a dozen samples or so, is chance: then what was sampled all the time has to do. */
const MIN_TRACED_BYTES = 24 * 1024
const SETTLE_MS = 30
/** Of the scripts that hold methods on the way to a holder, so many are read. */
const MAX_METHOD_SCRIPTS = 4
/** Names that code hands on as values: more are of a bundle, and not sent. */
const MAX_VALUE_NAMES = 20_000
/** Holders with less of the growth are not told. */
const MIN_SHARE = 0.05
/** Of what grew, the part that must be compiled code of functions known before, for it to be told and waited for. */
const COMPILING_SHARE = 0.5
/** A function that is called for the eighth time or so is compiled: where there are very many, as of templates, this goes on for long. */
const compiling: HolderJudgement = {
  verdict: 'fills',
  why: 'is compiled from functions that were there before, which ends when all of them are',
  cap: null,
  entryCount: null,
  isTimed: false,
}

/** Two snapshots of one process with load between them: what grew, who holds it, who writes it. */
export class Investigation {
  readonly #probe: Probe
  readonly #supervisors: () => readonly Probe[]
  readonly #files: [string, string]
  readonly #sources: Sources
  #sitesBefore: SampledSite[] = []
  #keepersBefore: KeeperFacts[] = []

  constructor(probe: Probe, supervisors: () => readonly Probe[], folder: string, cwd: string) {
    this.#probe = probe
    this.#supervisors = supervisors
    this.#files = [join(folder, 'before.heapsnapshot'), join(folder, 'after.heapsnapshot')]
    this.#sources = new Sources(cwd)
  }

  begin(): Promise<void> {
    return this.#whileSpared(async () => {
      this.#sitesBefore = await this.#readSites()
      this.#keepersBefore = (await this.#snapshot(this.#files[0])).keepers
    })
  }

  /** `drive` sends load for a moment, while it is watched who writes. */
  conclude(drive: () => Promise<void>, outlook: Outlook): Promise<Findings> {
    return this.#whileSpared(() => this.#conclude(drive, outlook))
  }

  /**
   * The process stands still for seconds, while its heap is written down and each time an object is looked up in it: whoever supervises
   * it must not take it for dead.
   */
  async #whileSpared<Result>(look: () => Promise<Result>): Promise<Result> {
    const { pid } = this.#probe.hello
    const others = this.#supervisors().filter((other) => other.hello.pid !== pid && !other.isGone)
    for (const other of others) await other.call('spare', { pids: [pid] })
    try {
      return await look()
    } finally {
      // Who has ended meanwhile spares nobody.
      for (const other of others) await other.call('release', null).catch(() => {})
    }
  }

  #ask<Name extends keyof ProbeCalls>(
    name: Name,
    parameters: ProbeCalls[Name]['parameters'],
  ): Promise<ProbeCalls[Name]['result']> {
    return this.#probe.call(name, parameters, LOOK_TIMEOUT_MS)
  }

  #snapshot(file: string): Promise<ProbeCalls['snapshot']['result']> {
    return this.#ask('snapshot', { file })
  }

  async #conclude(drive: () => Promise<void>, outlook: Outlook): Promise<Findings> {
    const grown = subtractSites(await this.#readSites(), this.#sitesBefore)
    const { scripts, keepers } = await this.#snapshot(this.#files[1])
    const graphs = this.#files.map((file) => HeapGraph.read(file)) as [HeapGraph, HeapGraph]
    const { holders, compiledBytes } = findHolders(
      ...graphs,
      keepers.map(({ objectId }) => objectId),
    )
    const accounts = readAccounts(holders, this.#keepersBefore, keepers)
    for (const file of this.#files) rmSync(file, { force: true })
    const urls = new Map(scripts.map(({ id, url }) => [id, url]))
    this.#sources.addLoadedMaps(scripts)
    const netBytes = holders.reduce((sum, holder) => sum + holder.netBytes, 0)
    const suspects = holders.filter((holder) => holder.netBytes >= MIN_SHARE * netBytes).slice(0, MAX_SUSPECTS)
    // What is compiled while a leak goes on makes no smaller one of it: it counts where it is most of what came.
    const compiledShare = compiledBytes / (compiledBytes + netBytes)
    const isCompiling = compiledShare > COMPILING_SHARE
    const heldShare = isCompiling ? 1 - compiledShare : 1
    const facts: (HolderFacts | null)[] = []
    for (const { objectId, ownerId } of suspects) facts.push(await this.#ask('describe', { objectId, ownerId }))
    const { writes, traced, ran } = await this.#watch(suspects, this.#readValueNames(scripts), drive)
    const sites = traced.reduce((sum, { liveBytes }) => sum + liveBytes, 0) < MIN_TRACED_BYTES ? grown : traced
    const judged = suspects.map((holder, index) => {
      const found = holder.moduleFile ?? urls.get(holder.scriptId ?? '') ?? null
      // What only Node's own timers or handles lead to is nobody's variable.
      const script = found?.startsWith('node:') ? null : found
      const code = holder.methodScriptIds.flatMap((id) => urls.get(id) ?? []).filter((url) => !url.startsWith('node:'))
      const share = netBytes > 0 ? (heldShare * holder.netBytes) / netBytes : 0
      const account = accounts.get(holder.keeperId ?? '') ?? null
      return this.#judge(holder, account, script, code.slice(0, MAX_METHOD_SCRIPTS), share, facts[index] ?? null, {
        writes: writes[index] ?? [],
        sites,
        ran,
        ...outlook,
      })
    })
    const bounded = judged.filter(({ judgement }) => judgement.verdict !== 'holds')
    const sum = (list: typeof judged) => list.reduce((total, { share }) => total + share, 0)
    const named = judged.flatMap(({ culprit, judgement }) => (culprit ? [{ culprit, judgement }] : []))
    named.sort((left, right) => rank(left.judgement) - rank(right.judgement))
    return {
      culprits: named.length > 0 ? named.map(({ culprit }) => culprit) : this.#nameSites(sites),
      netBytes,
      boundedShare: sum(bounded) + (1 - heldShare),
      fillingShare: sum(bounded.filter(({ judgement }) => judgement.verdict === 'fills' && judgement.cap !== null)),
      expiringShare: sum(bounded.filter(({ judgement }) => judgement.verdict === 'expires')),
      timedShare: sum(judged.filter(({ judgement }) => judgement.isTimed)),
      judgements: [
        ...(isCompiling ? [{ path: 'code of V8', share: compiledShare, judgement: compiling }] : []),
        ...judged.map(({ path, share, judgement }) => ({ path, share, judgement })),
      ],
    }
  }

  #judge(
    holder: Holder,
    account: KeeperFacts | null,
    script: string | null,
    code: readonly string[],
    share: number,
    facts: HolderFacts | null,
    seen: Sightings & Outlook,
  ): { path: string; share: number; judgement: HolderJudgement; culprit: Culprit | null } {
    const scripts = new Set([
      script,
      ...code,
      ...seen.writes.slice(0, 3).flatMap(({ stack }) => stack.slice(0, 3).map((frame) => frame.script)),
    ])
    const sources = [...scripts].flatMap((one) => (one === null ? [] : (this.#sources.read(one) ?? [])))
    const judgement = judgeHolder({
      holder,
      account,
      entryCount: facts && facts.kind !== 'other' && holder.alikeCount === 1 ? facts.entryCount : null,
      limits: facts?.limits ?? [],
      keyCount: seen.keyCount,
      mostKeys: seen.mostKeys,
      roomBytes: seen.roomBytes,
      sources,
    })
    const path = holder.path.replace(wayToServer, '')
    const position = script?.startsWith(ownProbe) ? null : nameHolder(holder, script, seen, this.#sources)
    const culprit = position && {
      file: position.file,
      line: position.line,
      variable: path,
      share: Math.round(share * 100) / 100,
      code: position.code,
      package: position.package,
      caller: findCaller(seen, position, this.#sources),
      entryCount: judgement.entryCount,
      why: judgement.why,
    }
    return { path, share, judgement, culprit }
  }

  /** No collection explains it: the places that allocate what stays. */
  #nameSites(sites: readonly SampledSite[]): Culprit[] {
    const total = sites.reduce((sum, { liveBytes }) => sum + liveBytes, 0)
    const ownFrame = ({ stack }: SampledSite) => stack.find(({ script }) => packageOf(script) === null) ?? stack[0]
    return rankSites(sites, ownFrame, this.#sources)
      .slice(0, 3)
      .map(({ position: { file, line, code, package: name }, liveBytes }) => {
        const share = Math.round((liveBytes / total) * 100) / 100
        const why = 'allocates what stays'
        return { file, line, code, package: name, caller: null, variable: null, share, entryCount: null, why }
      })
  }

  /** Of the service's own code: a package seldom hands on methods of what it did not make. */
  #readValueNames(scripts: readonly ScriptFacts[]): string[] {
    const names = new Set<string>()
    for (const { url } of scripts) {
      if (packageOf(url) !== null || url.startsWith(ownProbe)) continue
      for (const name of readValueNames(this.#sources.read(url) ?? ''))
        if (names.size < MAX_VALUE_NAMES) names.add(name)
    }
    return [...names]
  }

  /**
   * Sends load for a moment: who writes, and who allocates what stays? The verdict has fallen, so functions may be slow and kept apart
   * meanwhile, for V8 does not know those that were compiled into their caller.
   */
  async #watch(
    suspects: readonly Holder[],
    valueNames: string[],
    drive: () => Promise<void>,
  ): Promise<{ writes: WriteSite[][]; traced: SampledSite[]; ran: RanScript[] }> {
    const targets = suspects.map(({ objectId, wayIds }) => ({ objectId, wayIds }))
    if (targets.length > 0) await this.#ask('trap', { targets, valueNames })
    await this.#ask('startTracing', null)
    // The process under trap lives no longer than this soak, so a load that fails need not give it its methods back.
    await drive()
    // Garbage of those requests is none of what stays.
    await this.#ask('floor', { settleMs: SETTLE_MS })
    const writes = targets.length > 0 ? await this.#ask('readTraps', null) : []
    const { sites, ran } = await this.#ask('stopTracing', null)
    return { writes, traced: sites.filter(({ stack }) => stack.length > 0), ran }
  }

  async #readSites(): Promise<SampledSite[]> {
    try {
      return await this.#ask('readSampling', null)
    } catch {
      // Somebody else's profiler runs, and V8 has only one: then lines come from snapshots and traps alone.
      return []
    }
  }
}

function rank({ verdict }: HolderJudgement): number {
  return verdict === 'holds' ? 0 : 1
}

/** What is alive now and was not then, by place; growth only. */
function subtractSites(now: readonly SampledSite[], then: readonly SampledSite[]): SampledSite[] {
  const keyOf = ({ stack, leaf }: SampledSite) =>
    [leaf, ...stack.map(({ script, line, column }) => `${script}:${line}:${column}`)].join(' ')
  const earlier = new Map(then.map((site) => [keyOf(site), site.liveBytes]))
  return now
    .map((site) => ({ ...site, liveBytes: site.liveBytes - (earlier.get(keyOf(site)) ?? 0) }))
    .filter(({ stack, liveBytes }) => stack.length > 0 && liveBytes > 0)
    .sort((left, right) => right.liveBytes - left.liveBytes)
}
