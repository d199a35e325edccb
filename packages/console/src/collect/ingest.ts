import { InvalidOptionError } from '@plimsoll/core'
import { parseBatch, WIRE_VERSION, WireVersionError, type Batch, type BatchReply } from '@plimsoll/core/wire'
import type { Clock } from '@plimsoll/core'
import { policyOf, type ConsoleConfig } from '../config.ts'
import type { Engine } from '../engine/engine.ts'
import { RefusedError } from '../errors.ts'
import type { Fleet } from './fleet.ts'

export interface IngestOptions {
  fleet: Fleet
  engine: Engine
  config: ConsoleConfig
  clock: Clock
  /** What the agent's token is called. */
  sender: string
  /** Asked before a process that nobody knows is taken in. @throws {@link RefusedError} */
  admitNewcomer: () => void
  /** Something in a batch should be judged at once instead of at the next look. Resolves when what it means is stored. */
  onNews: (service: string) => Promise<void>
}

/**
 * Takes a batch of an agent in and answers with what it shall do.
 * @throws {@link RefusedError} with what is wrong and what to do
 */
export async function ingest(
  body: unknown,
  { fleet, engine, config, clock, sender, admitNewcomer, onNews }: IngestOptions,
): Promise<BatchReply> {
  const batch = readBatch(body)
  const { service } = batch.from
  if (!fleet.has(batch.from)) admitNewcomer()
  const isRepeated = fleet.accept(batch, policyOf(config, service), clock.nowMs(), sender) === 'repeated'
  // Results are taken in even from a repeated batch: the answer to the first one may have been lost with the console.
  for (const result of batch.results) {
    const incidentId = engine.incidentOfCommand(result.id, service)
    if (incidentId !== null) await engine.apply(incidentId, { type: 'result', result })
  }
  // A finding is told once: it is answered for when its incident is stored, and a console that dies before hears it again.
  if (batch.signals.length > 0 || batch.results.length > 0) await onNews(service)
  return { version: WIRE_VERSION, commands: engine.commandsFor(batch.from), ...(isRepeated ? { isRepeated } : {}) }
}

function readBatch(body: unknown): Batch {
  try {
    return parseBatch(body)
  } catch (error) {
    if (error instanceof WireVersionError) throw new RefusedError(400, 'WIRE_VERSION', error.message)
    if (error instanceof InvalidOptionError) {
      throw new RefusedError(
        400,
        'BATCH',
        `${error.message} Nothing of this batch was taken; mend it and send it again.`,
      )
    }
    throw error
  }
}
