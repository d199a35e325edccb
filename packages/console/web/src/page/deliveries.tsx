import { paths, type DeliveryLog, type NotificationView } from '../../../src/api/contract.ts'
import { useLoaded } from '../api.ts'
import { useNow, useTab } from '../frame.tsx'
import { Link } from '../router.tsx'
import { Table } from '../table.tsx'
import { deliveryWords, formatWhen } from '../words.ts'

/** What left, when, how often it was tried, and what was answered. */
export function DeliveriesPage() {
  const { value, refusal } = useLoaded<DeliveryLog>(paths.deliveries, 5000)
  const nowMs = useNow()
  useTab('afloat', 'Messages')
  if (!value) return <h1 class="empty">{refusal ?? 'Reading what left.'}</h1>
  return (
    <Table
      title="Messages"
      empty="Nothing has left yet. Who is called, how and why stands here as soon as somebody is."
      columns={['Subject', 'Why', 'To', 'By', 'Written', 'State', 'Tries']}
      rows={value.deliveries.map((delivery) => [
        <Link to={`/incidents/${delivery.incidentId}`}>{delivery.subject}</Link>,
        reasonOf(delivery),
        <>
          {delivery.team} <span class={delivery.team === null ? '' : 'quiet'}>{delivery.to}</span>
        </>,
        delivery.channel,
        formatWhen(delivery.createdAtMs, nowMs),
        <>
          {delivery.status === 'dead' ? (
            <b class="tone-sinking">{deliveryWords.dead}</b>
          ) : (
            deliveryWords[delivery.status]
          )}
          {delivery.sentAtMs !== null && ` ${formatWhen(delivery.sentAtMs, nowMs)}`}
          {delivery.gatheredCount > 0 &&
            `, in a digest with ${delivery.gatheredCount} ${delivery.gatheredCount === 1 ? 'other' : 'others'}`}
          {delivery.nextAttemptAtMs !== null &&
            delivery.attemptCount > 0 &&
            ['pending', 'sending'].includes(delivery.status) &&
            `, again at ${formatWhen(delivery.nextAttemptAtMs, nowMs)}`}
          {delivery.lastError && <span class="quiet"> {delivery.lastError}</span>}
        </>,
        delivery.attemptCount > 1 ? delivery.attemptCount : '',
      ])}
    />
  )
}

const reasons: Record<NotificationView['reason'], string> = {
  page: 'page',
  owner: 'owns what leaks',
  update: 'news',
  acknowledged: 'acknowledged',
  stakeholder: 'stakeholder',
  resolved: 'resolved',
}

function reasonOf({ reason, level }: NotificationView): string {
  return reason === 'page' && level !== null ? `page, level ${level}` : reasons[reason]
}
