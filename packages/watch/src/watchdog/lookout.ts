import type { Culprit, GrowingMemory, Identity, Sample, Signal, Verdict } from '@plimsoll/core/wire'
import type { ProfileReport } from '../attribute/allocation-profile.ts'
import type { NamedCulprit, Places } from '../attribute/arbiter.ts'
import type { CensusReport } from '../attribute/census.ts'
import type { CodeFrame } from '../attribute/code-frame.ts'
import type { WriterSite } from '../attribute/writer-trap.ts'
import { detectors, eventDetectors } from '../detect/detectors.ts'
import type { Finding, Moment, View } from '../detect/detector.ts'
import type { MemoryVerdict } from '../report/metrics.ts'
import { describeGrowth, describeMap, describeThread } from '../report/sentence.ts'
import type { Floor } from '../sample/floor-gauge.ts'
import { History } from '../sample/history.ts'
import { Course } from './course.ts'
import type { WatchdogMessage } from './messages.ts'
import { Suspects } from './suspects.ts'
import type { WorkerMessage, WorkerOrder } from './worker-messages.ts'
import { FRUITLESS_MS, isSuspicious, isUnexplained, SUSPICION_MS, SUSPICION_REST_MS } from './suspicion.ts'

/** A signal but for what only the reporter knows: who speaks, the number, since when. */
export type SignalDraft = Omit<Signal, 'version' | 'service' | 'instance' | 'sequence' | 'sinceStartMs'>

export interface LookoutOptions {
  identity(): Identity
  places: Places
  heapLimitBytes: number
  /** Memory of the machine, which is the limit where no container sets one; null when unknown. */
  machineBytes: number | null
  /** What the owner said the process may use; beats the machine's memory and a wider container. */
  memoryLimitBytes?: number | null
  /** Descriptors the process may have open; null when unknown. */
  descriptorLimit?: number | null
  /** Sends a wish to the main thread. */
  ask(message: WatchdogMessage): void
  /** The same to the host's worker threads; absent where there are none. */
  askWorker?(order: WorkerOrder): void
  emit(draft: SignalDraft, finding: Finding | null, frame: CodeFrame | null): void
}

const MAX_FLOORS = 240
const MAX_MOMENTS = 600
/** A claim waits this long for the line that writes, then goes out with what is known. */
const WRITER_PATIENCE_MS = 3000
/** Memory that needs no floor is judged this often. */
const JUDGE_EVERY_MS = 10_000
/** An event is told again only when it was over for this long. */
const EVENT_REST_MS = 60_000
/** Growth that nobody explains is worth the sampler from this on. */
const GUESSED_SHARE = 0.5
/** A look from inside of a function that retains costs some tens of milliseconds: so often in a process's life, and so far apart. */
const MAX_REACHES = 6
const REACH_AGAIN_MS = 20_000
const MAX_REACH_STARTS = 3
const MIN_UNEXPLAINED_BYTES = 1.5 * 1024 * 1024

interface Claim {
  verdict: Verdict
  finding: Finding
  deadlineMs: number
}

/**
 * Keeps the history, asks the detectors, follows each kind of memory through its verdicts, and puts what changes into
 * signals. Knows no thread and no clock: time comes with what it is told, so a recorded run can be judged again.
 */
export class Lookout {
  readonly #options: LookoutOptions
  readonly #floors = new History<Floor>(MAX_FLOORS)
  readonly #moments = new History<Moment>(MAX_MOMENTS)
  readonly #suspects: Suspects
  readonly #courses = new Map<GrowingMemory, Course>()
  readonly #claims = new Map<GrowingMemory, Claim>()
  readonly #told = new Map<GrowingMemory, { named: NamedCulprit | null; finding: Finding }>()
  readonly #eventSeenAtMs = new Map<string, number>()
  #cgroupLimitBytes: number | null = null
  #suspectedSinceMs = -Infinity
  #suspectedUntilMs = -Infinity
  #isSuspicious = false
  #isUnexplained = false
  #isProfiling = false
  #isThorough = false
  #judgedAtMs = -Infinity
  #reachCount = 0
  #reachedAtMs = -Infinity
  #sampledThreadId: number | null = null

  constructor(options: LookoutOptions) {
    this.#options = options
    this.#suspects = new Suspects(options.places)
  }

  get isSuspicious(): boolean {
    return this.#isSuspicious
  }

  /** The gravest verdict now, with the finding and the signature it was told with. */
  get gravest(): { verdict: Verdict; finding: Finding; signature: string } | null {
    for (const wanted of ['sinking', 'leaking'] as const) {
      for (const [memory, { verdict }] of this.#courses) {
        const told = this.#told.get(memory)
        if (verdict !== wanted || !told) continue
        return { verdict, finding: told.finding, signature: signatureOf(told.finding, told.named?.culprit ?? null) }
      }
    }
    return null
  }

  /** Where each kind of memory stands that was ever looked into. */
  standing(): MemoryVerdict[] {
    return [...this.#courses].map(([memory, { verdict }]) => ({
      memory,
      verdict,
      timeToLimitMs:
        verdict === 'leaking' || verdict === 'sinking'
          ? (this.#told.get(memory)?.finding.timeToLimitMs?.[0] ?? null)
          : null,
    }))
  }

  /** The fastest growing collections, for samples. */
  sites(): Sample['sites'] {
    return this.#suspects.sites()
  }

  addMoment(moment: Moment, cgroupLimitBytes: number | null): void {
    this.#moments.push(moment)
    this.#cgroupLimitBytes = cgroupLimitBytes
    const view = this.#view(moment.atMs)
    if (moment.atMs - this.#judgedAtMs >= JUDGE_EVERY_MS) {
      this.#judgedAtMs = moment.atMs
      this.#judge('moment', view)
    }
    for (const detector of eventDetectors) {
      const event = detector.judge(view)
      if (!event) continue
      const isNew = view.nowMs - (this.#eventSeenAtMs.get(detector.name) ?? -Infinity) > EVENT_REST_MS
      this.#eventSeenAtMs.set(detector.name, view.nowMs)
      if (isNew) this.tellEvent(event, view.nowMs)
    }
    this.#look(view)
  }

  addFloor(floor: Floor): void {
    this.#floors.push(floor)
    const view = this.#view(floor.atMs)
    this.#judge('floor', view)
    this.#look(view)
  }

  addCensus(report: CensusReport): void {
    this.#suspects.addCensus(report)
    this.#look(this.#view(report.atMs))
  }

  addWriters(holderId: number, sites: readonly WriterSite[], nowMs: number): void {
    this.#suspects.addWriters(holderId, sites)
    this.#look(this.#view(nowMs))
  }

  addProfile(report: ProfileReport): void {
    // One that was on its way as the sampler was switched off.
    if (this.#isProfiling) this.#suspects.addProfile(report)
  }

  /** From a worker thread of the host's. */
  addWorker(message: WorkerMessage, nowMs: number): void {
    this.#suspects.workers.add(message, nowMs)
  }

  /** Tells of something that is no kind of memory. */
  tellEvent({ kind, severity, sentence }: Pick<Signal, 'kind' | 'severity' | 'sentence'>, nowMs: number): void {
    const { name } = this.#options.identity()
    const draft: SignalDraft = {
      atMs: nowMs,
      kind,
      severity,
      verdict: 'afloat',
      memory: null,
      signature: String(kind),
      slope: null,
      timeToLimitMs: null,
      series: [],
      culprit: null,
      candidates: [],
      sentence: `${name} ${sentence}`,
      actions: [],
    }
    this.#options.emit(draft, null, null)
  }

  #judge(basis: 'floor' | 'moment', view: View): void {
    for (const detector of detectors)
      if (detector.basis === basis) this.#follow(detector.memory, detector.judge(view), view)
  }

  /** Decides what to look at more closely, and lets claims go out whose time has come. */
  #look(view: View): void {
    if (isSuspicious(view)) this.#suspectedUntilMs = view.nowMs + SUSPICION_MS
    const isSuspected = view.nowMs < this.#suspectedUntilMs && this.#mayLookCloser(view.nowMs)
    const mayBeUnknown = isSuspected && isUnexplained(view)
    if (isSuspected !== this.#isSuspicious || mayBeUnknown !== this.#isUnexplained) {
      this.#isSuspicious = isSuspected
      this.#isUnexplained = mayBeUnknown
      this.#options.ask({ kind: 'pace', isSuspicious: isSuspected, isUnexplained: mayBeUnknown })
      if (!isSuspected) this.#profile(false)
    }
    for (const [memory, claim] of this.#claims) this.#tryTell(memory, claim, view.nowMs)
  }

  /** A closer look costs something: one that finds no growth is not kept up for ever. */
  #mayLookCloser(nowMs: number): boolean {
    if ([...this.#courses.values()].some(({ verdict }) => verdict !== 'afloat' && verdict !== 'recovered')) return true
    if (nowMs - this.#suspectedSinceMs > SUSPICION_REST_MS) this.#suspectedSinceMs = nowMs
    return nowMs - this.#suspectedSinceMs <= FRUITLESS_MS
  }

  #follow(memory: GrowingMemory, finding: Finding | null, view: View): void {
    let course = this.#courses.get(memory)
    if (!course) this.#courses.set(memory, (course = new Course()))
    const verdict = course.advance(finding, view, currentOf(memory, view))
    if (finding) this.#investigate(finding, course.verdict, view)
    else if (memory === 'heap') this.#profile(false)
    else if (memory === 'native') this.#sampleWorker()
    const shown = finding ?? this.#told.get(memory)?.finding
    if (verdict !== null && shown) {
      const isClaim = verdict === 'leaking' || verdict === 'sinking'
      const current = finding ?? { ...shown, currentBytes: currentOf(memory, view), timeToLimitMs: null }
      const deadlineMs = view.nowMs + (isClaim ? WRITER_PATIENCE_MS : 0)
      this.#claims.set(memory, { verdict, finding: current, deadlineMs })
    } else if (finding && !this.#claims.has(memory)) this.#improve(memory, course.verdict, finding, view.nowMs)
  }

  /** Growth is looked into while it is only growth: by the time it is called a leak, its line should be known. */
  #investigate(finding: Finding, verdict: Verdict, { nowMs }: View): void {
    const holderId = this.#suspects.nextToTrap(finding, nowMs)
    if (holderId !== null) this.#options.ask({ kind: 'trap', holderId })
    // A collection that merely grows in step is a guess, and one that nobody can name is no answer.
    const isUnexplained =
      finding.growthBytes >= MIN_UNEXPLAINED_BYTES &&
      ((finding.holders[0]?.share ?? 0) <= GUESSED_SHARE || !this.#suspects.canName(finding))
    if (finding.memory === 'native') this.#sampleOneOf(this.#suspects.workers.explain(finding, nowMs).workers)
    if (finding.memory !== 'heap') return
    const isLeak = verdict === 'leaking' || verdict === 'sinking'
    this.#profile(isUnexplained && this.#isSuspicious, isLeak)
    const retaining = this.#suspects.retaining().slice(0, MAX_REACH_STARTS)
    const mayReach = this.#reachCount < MAX_REACHES && nowMs - this.#reachedAtMs >= REACH_AGAIN_MS
    if (!isUnexplained || !this.#isSuspicious || retaining.length === 0 || !mayReach) return
    this.#reachCount++
    this.#reachedAtMs = nowMs
    this.#options.ask({
      kind: 'reach',
      starts: retaining.map(({ frame: { script, line, column } }) => ({ script, line, column })),
    })
  }

  /** A pool's workers leak alike, and which is ahead changes all the time: the one that is sampled stays so, for its line to be found. */
  #sampleOneOf(workers: readonly { threadId: number }[]): void {
    const sampled = workers.find(({ threadId }) => threadId === this.#sampledThreadId)
    this.#sampleWorker((sampled ?? workers[0])?.threadId)
  }

  /** One at a time; none for nobody. */
  #sampleWorker(threadId: number | null = null): void {
    if (threadId === this.#sampledThreadId) return
    const order = (id: number | null, isOn: boolean): void => {
      if (id !== null) this.#options.askWorker?.({ kind: 'sample', threadId: id, isOn })
    }
    order(this.#sampledThreadId, false)
    order(threadId, true)
    this.#sampledThreadId = threadId
  }

  #profile(isOn: boolean, isLeak = false): void {
    const isThorough = isOn && isLeak
    if (isOn === this.#isProfiling && isThorough === this.#isThorough) return
    this.#isProfiling = isOn
    this.#isThorough = isThorough
    if (!isOn) this.#suspects.forgetProfile()
    this.#options.ask({ kind: 'profile', isOn, isThorough })
  }

  /** A claim whose culprit was not known, or known badly, is told again with a better one. */
  #improve(memory: GrowingMemory, verdict: Verdict, finding: Finding, nowMs: number): void {
    const told = this.#told.get(memory)
    if ((verdict !== 'leaking' && verdict !== 'sinking') || !told) return
    const named = this.#suspects.name(finding, nowMs)[0]
    if (named && named.culprit.confidence > (told.named?.culprit.confidence ?? 0) + 0.1) {
      this.#claims.set(memory, { verdict, finding, deadlineMs: nowMs })
    }
  }

  #tryTell(memory: GrowingMemory, { verdict, finding, deadlineMs }: Claim, nowMs: number): void {
    if (nowMs < deadlineMs && this.#suspects.isWaitingFor(finding)) return
    this.#claims.delete(memory)
    const [named = this.#told.get(memory)?.named ?? null, ...others] = this.#suspects.name(finding, nowMs)
    this.#told.set(memory, { named, finding })
    const candidates = others.map(({ culprit }) => culprit)
    const draft = draftSignal(this.#options.identity(), nowMs, verdict, finding, named, candidates)
    this.#options.emit(draft, finding, named?.frame ?? null)
  }

  #view(nowMs: number): View {
    const { machineBytes, memoryLimitBytes } = this.#options
    const given = [this.#cgroupLimitBytes ?? machineBytes, memoryLimitBytes].filter(
      (limit) => typeof limit === 'number',
    )
    return {
      nowMs,
      floors: this.#floors.items,
      moments: this.#moments.items,
      holders: this.#suspects.series(),
      retaining: this.#suspects.retaining(),
      heapLimitBytes: this.#options.heapLimitBytes,
      cgroupLimitBytes: this.#cgroupLimitBytes,
      descriptorLimit: this.#options.descriptorLimit ?? null,
      memoryLimitBytes: given.length > 0 ? Math.min(...given) : null,
    }
  }
}

function currentOf(memory: GrowingMemory, { floors, moments }: View): number {
  const floor = floors.at(-1)
  if (memory === 'heap') return floor?.heapBytes ?? 0
  if (memory === 'external') return floor?.externalBytes ?? 0
  if (memory === 'threads')
    return moments.findLast(({ threadCount }) => typeof threadCount === 'number')?.threadCount ?? 0
  if (memory === 'handles')
    return moments.findLast(({ descriptorCount }) => typeof descriptorCount === 'number')?.descriptorCount ?? 0
  return moments.at(-1)?.rssBytes ?? 0
}

function draftSignal(
  identity: Identity,
  nowMs: number,
  verdict: Verdict,
  finding: Finding,
  named: NamedCulprit | null,
  candidates: Culprit[],
): SignalDraft {
  const { timeToLimitMs } = finding
  const culprit = named?.culprit ?? null
  // A function found in a thread's heap is not what is left open. A thread that only grew as well is no proof.
  const shown = named?.thread && !named.isThreadOnly ? { ...finding, doubts: [] } : finding
  return {
    atMs: nowMs,
    kind: finding.kind,
    severity: verdict === 'sinking' ? 'critical' : verdict === 'leaking' ? 'warning' : 'info',
    verdict,
    memory: finding.memory,
    signature: signatureOf(finding, culprit),
    slope: finding.slope,
    timeToLimitMs: timeToLimitMs && [Math.round(timeToLimitMs[0]), Math.round(timeToLimitMs[1])],
    series: finding.series,
    culprit,
    candidates,
    sentence:
      describeGrowth(identity.name, verdict, shown, culprit, named?.caller ?? null) +
      describeThread(verdict, named) +
      describeMap(verdict, named),
    actions: [],
  }
}

/** The same on every worker and after every restart: neither line nor instance is in it, since a deploy moves lines. */
function signatureOf({ kind, memory }: Finding, culprit: Culprit | null): string {
  const place = culprit ? `${culprit.file}:${culprit.variable ?? culprit.line}` : 'unknown'
  return `${kind}:${memory ?? ''}:${place}`.slice(0, 200)
}
