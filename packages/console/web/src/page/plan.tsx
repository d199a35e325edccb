import { paths, type Overview, type PlanView } from '../../../src/api/contract.ts'
import { useLoaded } from '../api.ts'
import { Headline, useTab } from '../frame.tsx'
import { Link } from '../router.tsx'
import { formatDuration, formatMs, formatPercent } from '../words.ts'

/** Which services have a plan. */
export function PlansPage({ overview }: { overview: Overview | null }) {
  useTab('afloat', 'Plan')
  if (!overview) return <h1 class="empty">Waiting for the first reading.</h1>
  const names = overview.services.map(({ name }) => name)
  if (names.length === 1) return <PlanPage service={names[0]!} />
  return (
    <>
      <h1>Plan</h1>
      {names.length === 0 && <p class="empty">No service has reported yet.</p>}
      <ul>
        {names.map((name) => (
          <li key={name}>
            <Link to={`/services/${encodeURIComponent(name)}/plan`}>{name}</Link>
          </li>
        ))}
      </ul>
    </>
  )
}

/** One page to print and to hang up: who, when, how, and what is missing. */
export function PlanPage({ service }: { service: string }) {
  const { value: plan, refusal } = useLoaded<PlanView>(paths.plan(service))
  useTab('afloat', `Plan of ${service}`)
  if (!plan)
    return (
      <>
        <h1>Plan of {service}</h1>
        <p class="empty">{refusal ?? 'Reading the plan.'}</p>
      </>
    )
  const gaps = plan.gaps.length
  return (
    <>
      <div class="lead">
        <Headline verdict={gaps === 0 ? 'afloat' : 'growing'}>
          {gaps === 0
            ? `The plan of ${service} has no gap.`
            : `The plan of ${service} has ${gaps} ${gaps === 1 ? 'gap' : 'gaps'}.`}
        </Headline>
        <button type="button" class="no-print" onClick={() => print()}>
          Print
        </button>
      </div>
      {gaps > 0 && (
        <ul class="gaps">
          {plan.gaps.map((gap) => (
            <li key={gap}>{gap}</li>
          ))}
        </ul>
      )}
      <section>
        <h2>Who is called</h2>
        {plan.escalation.length === 0 && <p>Nobody.</p>}
        <ol class="steps">
          {plan.escalation.map(({ level, afterMs, teams }) => (
            <li key={level}>
              <b>{afterMs === 0 ? 'at once' : `after ${formatDuration(afterMs)}`}</b>{' '}
              {teams.map(({ name, contacts }) => `${name} (${contacts.join(', ') || 'no contact'})`).join(', ')}
            </li>
          ))}
        </ol>
        {plan.escalation.length > 0 && (
          <p>
            The last one again every {formatDuration(plan.repeatMs)} until somebody acknowledges.
            {plan.acknowledgeTimeoutMs !== null &&
              ` Who has it for ${formatDuration(plan.acknowledgeTimeoutMs)} and does not resolve it is asked again.`}
          </p>
        )}
        {plan.stakeholders.length > 0 && <p>Told how it stands: {plan.stakeholders.join(', ')}.</p>}
      </section>
      <section>
        <h2>What is asked first</h2>
        <ol class="steps">
          {plan.runbook.map((question) => (
            <li key={question}>{question}</li>
          ))}
        </ol>
      </section>
      <section>
        <h2>What may be done without asking</h2>
        {plan.act === 'safe' ? (
          <ul class="dots">
            {plan.actions.map((action) => (
              <li key={action}>{action}</li>
            ))}
          </ul>
        ) : (
          <p>{plan.act === 'ask' ? 'Nothing: each action waits for a person.' : 'Nothing: it is only written down.'}</p>
        )}
        <p class="quiet">{plan.guard}</p>
      </section>
      {plan.playbooks.length > 0 && (
        <section>
          <h2>Playbooks</h2>
          {plan.playbooks.map(({ name, cause, remedies, steps }) => (
            <div key={name}>
              <p>
                <b>{name}</b>
                {cause !== null && ` · ${cause}`}
                {remedies !== null && ` · the machine may: ${remedies.join(', ') || 'nothing'}`}
              </p>
              {steps.length > 0 && (
                <ol class="steps">
                  {steps.map((step) => (
                    <li key={step}>{step}</li>
                  ))}
                </ol>
              )}
            </div>
          ))}
        </section>
      )}
      {plan.ownership.length > 0 && (
        <section>
          <h2>Who owns what</h2>
          <ul class="dots">
            {plan.ownership.map(({ what, team }) => (
              <li key={what}>
                {what}: <b>{team}</b>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2>Lines</h2>
        <p>
          p99 {formatMs(plan.objectives.latencyMs)} · errors {formatPercent(plan.objectives.errorRatio)} · load line{' '}
          {formatPercent(plan.objectives.loadLineRatio)} · calm for {formatDuration(plan.objectives.proofMs)} counts as
          resolved
          {plan.dependsOn.length > 0 && ` · depends on ${plan.dependsOn.join(', ')}`}
        </p>
      </section>
    </>
  )
}
