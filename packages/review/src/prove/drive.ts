import type { Session } from 'node:inspector'
import { findCandidates, type Callable, type Candidate } from './candidates.ts'
import { factoryShapes, freshKey, handsInSignal, shapes, wrapped, type Shape } from './shapes.ts'

/** How a function can be called so that it comes by the line that grows. */
export interface Driver {
  /** Shown to people: `pageByUrl("key", "key")`. */
  shown: string
  /** What is new each time is handed in as it is, so that a collection whose keys are bounded shows. */
  isKeyed: boolean
  call(): unknown
}

export interface Search {
  /** What may be called: what the file exports, and what the package exports that it is part of. */
  roots: readonly unknown[]
  source: string
  offset: number
  /** Names of functions by which the line is come by, the nearest first. */
  callerNames: readonly string[]
  /** Whatever a call makes to be called on is let go of after it, so that only what outlives that counts. */
  isLettingGo?: boolean
  /** What stays is left on an abort signal: only calls that hand one in are driven. */
  isAboutSignal?: boolean
  /** How often the line was passed so far. */
  countAt(): Promise<number>
  /** The search has gone on for too long. */
  isOver?(): boolean
}

/** A few calls tell most shapes that do not fit; the rest has to come by in nearly all of many. */
const firstCalls = 3
const trialCalls = 20
/** Share of the calls that must come by the line: fewer say nothing about it. */
const leastShare = 0.9

/** The calls that come by an offset of a script in nearly all of them, those that fit most often first. */
export async function* findDrivers({
  roots,
  source,
  offset,
  callerNames,
  isLettingGo = false,
  isAboutSignal = false,
  countAt,
  isOver,
}: Search): AsyncGenerator<Driver> {
  const comesBy = async (driver: Driver, calls: number): Promise<boolean> => {
    const before = await countAt()
    let answered = 0
    for (let call = 0; call < calls; call++) if (await settle(driver.call)) answered++
    // V8 counts a block that was entered: a call that throws there may not have come by the line.
    return Math.min((await countAt()) - before, answered) >= calls * leastShare
  }
  for (const candidate of findCandidates(roots, source, offset, callerNames))
    for (const driver of driversOf(candidate, isLettingGo, isAboutSignal)) {
      if (isOver?.()) return
      if ((await comesBy(driver, firstCalls)) && (await comesBy(driver, trialCalls))) yield driver
    }
}

function driversOf(candidate: Candidate, isLettingGo: boolean, isAboutSignal: boolean): Driver[] {
  const { name, func, self, makeSelf, isMaker } = candidate
  const owner = (): unknown => (isLettingGo && makeSelf ? makeSelf() : self)
  const fitting = isAboutSignal ? shapes.filter(handsInSignal) : shapes
  const making = fitting.map(({ shown, make }) => ({
    shown: `new ${name}${tell(shown)}`,
    isKeyed: isKeyed(make),
    call: () => Reflect.construct(func, make(freshKey())) as unknown,
  }))
  if (isMaker && /^class\b/.test(Function.prototype.toString.call(func))) return making
  const calling = fitting.map(({ shown, make }) => ({
    shown: `${name}${tell(shown)}`,
    isKeyed: isKeyed(make),
    call: () => func.apply(owner(), make(freshKey())),
  }))
  const factories = (isAboutSignal ? [] : factoryShapes).map((shape) =>
    factoryOf(name, func, owner, isLettingGo, shape),
  )
  return [...calling, ...factories, ...(isMaker ? making : [])]
}

/** A factory that wraps a function: what it answers is called. */
function factoryOf(
  name: string,
  func: Callable,
  owner: () => unknown,
  isLettingGo: boolean,
  { shown, make }: Shape,
): Driver {
  let made: unknown
  return {
    shown: `${name}${tell(shown)}`,
    isKeyed: isKeyed(make),
    call() {
      if (made === undefined || isLettingGo) made = func.call(owner(), wrapped)
      return (made as Callable)(...make(freshKey()))
    },
  }
}

/** A text among the arguments, or in an object among them, changes from call to call. */
function isKeyed(make: Shape['make']): boolean {
  const [one, other] = [make('one'), make('other')].map((args) =>
    args.flatMap((arg) => (typeof arg === 'object' && arg !== null ? (Object.values(arg) as unknown[]) : [arg])),
  )
  return one!.some((part, place) => /^(string|number)$/.test(typeof part) && part !== other![place])
}

function tell(shown: string): string {
  return shown.replaceAll('KEY', 'key')
}

/** Waits for an answer, but not for ever, and says whether there was one that is no error. */
export async function settle(call: () => unknown): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  try {
    const answer = call()
    if (typeof (answer as { then?: unknown } | null | undefined)?.then !== 'function') return true
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, 5)))
    await Promise.race([answer, patience])
    return true
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}

/** How often the innermost block around an offset ran, as V8 counts it. */
export function countRuns(session: Session, url: string, offset: number): Promise<number> {
  return new Promise((resolve, reject) =>
    session.post('Profiler.takePreciseCoverage', (error, result) => {
      if (error) return reject(error)
      const ranges = (result.result.find((script) => script.url === url)?.functions ?? [])
        .flatMap((func) => func.ranges)
        .filter(({ startOffset, endOffset }) => startOffset <= offset && offset < endOffset)
        .sort((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset))
      resolve(ranges[0]?.count ?? 0)
    }),
  )
}
