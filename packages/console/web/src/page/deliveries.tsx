import { paths, type DeliveryLog } from '../../../src/api/contract.ts'
import { useLoaded } from '../api.ts'
import { useTab } from '../frame.tsx'
import { Link } from '../router.tsx'
import { formatClock } from '../words.ts'

/** What left, when, how often it was tried, and what was answered. */
export function DeliveriesPage() {
  const { value, refusal } = useLoaded<DeliveryLog>(paths.deliveries, 5000)
  useTab('afloat', 'Messages')
  if (!value) return <p class="empty">{refusal ?? 'Reading what left.'}</p>
  return (
    <>
      <h1>Messages</h1>
      <div class="scroll" tabIndex={0} role="region" aria-label="Messages">
        <table>
          <thead>
            <tr>
              {['Created', 'To', 'By', 'Subject', 'State', 'Tries'].map((title) => (
                <th scope="col" key={title}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {value.deliveries.map((delivery) => (
              <tr key={delivery.id}>
                <td>{formatClock(delivery.createdAtMs)}</td>
                <td>{delivery.team ?? delivery.to}</td>
                <td>{delivery.channel}</td>
                <td>
                  <Link to={`/incidents/${delivery.incidentId}`}>{delivery.subject}</Link>
                </td>
                <td>
                  {delivery.status}
                  {delivery.sentAtMs !== null && ` ${formatClock(delivery.sentAtMs)}`}
                  {delivery.lastError && <span class="quiet"> {delivery.lastError}</span>}
                </td>
                <td>{delivery.attemptCount}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
