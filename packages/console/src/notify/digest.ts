import { createHash } from 'node:crypto'
import type { ClaimedDelivery } from '../storage/outbox.ts'
import { count } from '../words.ts'

/** So many incidents a digest names; the others are a number, and a link away. */
const MAX_NAMED = 20

/**
 * One message for many that would call the same address within a minute, or for many that tell it of an end. It belongs to no
 * incident's thread, and has another key as soon as it says anything else, so that no receiver folds it with one before.
 * @param deliveries at least one, the gravest first
 */
export function gatherDigest(deliveries: readonly ClaimedDelivery[], incidentsUrl: string): ClaimedDelivery {
  const [first] = deliveries as readonly [ClaimedDelivery]
  const byIncident = new Map<number | null, ClaimedDelivery['message']>()
  for (const { incidentId, message } of deliveries) if (!byIncident.has(incidentId)) byIncident.set(incidentId, message)
  const incidentCount = byIncident.size
  const named = [...byIncident.values()].slice(0, MAX_NAMED)
  const isOne = incidentCount === 1
  const isEnd = first.reason === 'resolved'
  const what = `${count(incidentCount, 'more incident')} ${isEnd ? `${isOne ? 'is' : 'are'} over` : `${isOne ? 'calls' : 'call'} you`}`
  const text = [
    `${what}, as one message, because you had several within a minute.`,
    isEnd ? 'Nothing more is asked of you.' : 'Each goes on to the next level when nobody acknowledges it.',
    '',
    ...named.flatMap(({ subject, incidentUrl, incident }) => [`${subject} (${incident.severity})`, `  ${incidentUrl}`]),
    ...(incidentCount > MAX_NAMED ? [`and ${incidentCount - MAX_NAMED} others`] : []),
    '',
    `All that are open: ${incidentsUrl}`,
    '',
  ].join('\n')
  return {
    ...first,
    key: `digest/${createHash('sha256')
      .update(deliveries.map(({ key }) => key).join('\n'))
      .digest('hex')
      .slice(0, 16)}`,
    incidentId: null,
    isRepeat: deliveries.some(({ isRepeat }) => isRepeat),
    thread: null,
    message: {
      ...first.message,
      subject: `[${incidentCount} more${isEnd ? ' over' : ''}] ${first.message.subject}`,
      text,
      incidentUrl: incidentsUrl,
      acknowledgeUrl: null,
      incident: { ...first.message.incident, sentence: `${what}, the gravest: ${first.message.incident.sentence}` },
    },
  }
}
