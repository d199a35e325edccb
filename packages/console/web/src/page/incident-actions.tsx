import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { paths, type Incident, type People, type Session } from '../../../src/api/contract.ts'
import { ask, useLoaded } from '../api.ts'
import { Link } from '../router.tsx'
import { formatDuration } from '../words.ts'

const MINUTE_MS = 60_000
const pauses = [30 * MINUTE_MS, 120 * MINUTE_MS, 480 * MINUTE_MS]

interface Acting {
  incident: Incident
  session: Session
  onChange: (changed: Incident) => void
}

type Act = (path: string, body?: object) => Promise<boolean>

/** Does what a button says, and keeps the words of a refusal. */
function useActing({ onChange }: Acting): { act: Act; refused: ComponentChildren } {
  const [refusal, setRefusal] = useState<string | null>(null)
  return {
    act: (path, body) =>
      ask<Incident>('POST', path, body).then(
        (changed) => (setRefusal(null), onChange(changed), true),
        (error: Error) => (setRefusal(error.message), false),
      ),
    refused: refusal && (
      <p class="refusal" role="alert">
        {refusal}
      </p>
    ),
  }
}

/** The one act that is asked for. */
export function Actions(props: Acting) {
  const { incident } = props
  const { act, refused } = useActing(props)
  if (props.session.role === 'viewer') {
    return incident.state === 'resolved' ? null : <p class="quiet">You may look; a responder acts.</p>
  }
  const waiting = incident.actions.filter(({ status }) => status === 'asked')
  return (
    <div class="acts">
      <div class="buttons">
        {waiting.map((action) => (
          <button
            type="button"
            class="primary"
            key={action.id}
            onClick={() => act(paths.approve(incident.id, action.id))}
          >
            Allow: {action.kind} {action.targetName}
          </button>
        ))}
        {incident.state === 'open' && (
          <button
            type="button"
            class={waiting.length === 0 ? 'primary' : ''}
            onClick={() => act(paths.acknowledge(incident.id))}
          >
            Acknowledge
          </button>
        )}
        {incident.state === 'acknowledged' && (
          <button type="button" onClick={() => act(paths.resolve(incident.id))}>
            Resolve
          </button>
        )}
      </div>
      {refused}
    </div>
  )
}

/** All others, behind a word. */
export function OtherActions(props: Acting) {
  const { incident } = props
  const { act, refused } = useActing(props)
  const [isOpen, setOpen] = useState(false)
  if (props.session.role === 'viewer') return null
  return (
    <details class="others no-print" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{incident.state === 'resolved' ? 'Add a note' : 'More people, later, a note'}</summary>
      {isOpen && incident.state !== 'resolved' && <Living incident={incident} act={act} />}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const form = event.currentTarget
          const note = String(new FormData(form).get('note'))
          void act(paths.notes(incident.id), { note }).then((isDone) => isDone && form.reset())
        }}
      >
        <label>
          For the timeline and the postmortem
          <textarea name="note" rows={2} maxLength={2000} required />
        </label>
        <button type="submit">Note it</button>
      </form>
      {refused}
    </details>
  )
}

function Living({ incident, act }: { incident: Incident; act: Act }) {
  const { value: people } = useLoaded<People>(paths.people)
  const teams = people?.teams.map(({ name }) => name) ?? []
  return (
    <>
      <div class="buttons">
        <button type="button" onClick={() => act(paths.escalate(incident.id))}>
          Call the next level now
        </button>
        {incident.state === 'open' && (
          <button type="button" onClick={() => act(paths.resolve(incident.id))}>
            Resolve
          </button>
        )}
      </div>
      <div class="buttons">
        {pauses.map((forMs) => (
          <button type="button" key={forMs} onClick={() => act(paths.snooze(incident.id), { forMs })}>
            Ask me again in {formatDuration(forMs)}
          </button>
        ))}
      </div>
      <p>
        <Link to={`/silences?incident=${incident.id}`}>Silence it for a while</Link>
      </p>
      {teams.length > 0 && (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void act(paths.reassign(incident.id), { teams: [new FormData(event.currentTarget).get('team')] })
          }}
        >
          <label>
            Hand it over to
            <select name="team">
              {teams.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <button type="submit">Call them</button>
        </form>
      )}
    </>
  )
}
