import { paths, type DeliveryLog } from '../../../src/api/contract.ts'
import { useLoaded } from '../api.ts'
import { useTab } from '../frame.tsx'
import { Link } from '../router.tsx'
import { Table } from '../table.tsx'
import { formatClock } from '../words.ts'

/** What left, when, how often it was tried, and what was answered. */
export function DeliveriesPage() {
  const { value, refusal } = useLoaded<DeliveryLog>(paths.deliveries, 5000)
  useTab('afloat', 'Messages')
  if (!value) return <p class="empty">{refusal ?? 'Reading what left.'}</p>
  return (
    <Table
      title="Messages"
      columns={['Subject', 'Created', 'To', 'By', 'State', 'Tries']}
      rows={value.deliveries.map((delivery) => [
        <Link to={`/incidents/${delivery.incidentId}`}>{delivery.subject}</Link>,
        formatClock(delivery.createdAtMs),
        delivery.team ?? delivery.to,
        delivery.channel,
        <>
          {delivery.status}
          {delivery.sentAtMs !== null && ` ${formatClock(delivery.sentAtMs)}`}
          {delivery.lastError && <span class="quiet"> {delivery.lastError}</span>}
        </>,
        delivery.attemptCount,
      ])}
    />
  )
}
