import { useState } from 'preact/hooks'
import { paths, type Session, type SilenceList, type SilenceView } from '../../../src/api/contract.ts'
import { ask, useLoaded } from '../api.ts'
import { Headline, useNow, useTab } from '../frame.tsx'
import { formatClock, formatDistance, formatDuration, formatWhen } from '../words.ts'

const MINUTE_MS = 60_000
const spans = [30, 60, 120, 240, 480, 1440, 4320, 10_080].map((minutes) => minutes * MINUTE_MS)

/** What nobody is called for, until when, who wants it so and why. */
export function SilencesPage({ session }: { session: Session }) {
  const [changeCount, setChangeCount] = useState(0)
  const { value, refusal } = useLoaded<SilenceList>(`${paths.silences}?${changeCount}`, 5000)
  const nowMs = useNow()
  useTab('afloat', 'Silences')
  if (!value) return <h1 class="empty">{refusal ?? 'Reading the silences.'}</h1>
  const mayAct = session.role !== 'viewer'
  const onChange = () => setChangeCount(changeCount + 1)
  const inForce = value.silences.filter(({ state }) => state === 'active')
  const toCome = value.silences.filter(({ state }) => state === 'pending')
  const over = value.silences.filter(({ state }) => state === 'expired')
  return (
    <>
      <div class="lead">
        <Headline verdict={inForce.length > 0 ? 'growing' : 'afloat'}>{sentenceOf(inForce, nowMs)}</Headline>
      </div>
      <Silences silences={[...inForce, ...toCome]} nowMs={nowMs} onEnd={mayAct ? onChange : null} />
      {mayAct ? (
        <MakeSilence firing={value.firing} onMade={onChange} />
      ) : (
        <p class="quiet">You may look; a responder makes and ends silences.</p>
      )}
      {over.length > 0 && (
        <details class="gone-list">
          <summary>{over.length} that are over</summary>
          <Silences silences={over} nowMs={nowMs} onEnd={null} />
        </details>
      )}
    </>
  )
}

function sentenceOf(inForce: readonly SilenceView[], nowMs: number): string {
  const [first, ...others] = inForce
  if (!first) return 'Nothing is silenced.'
  const end = `ends ${formatWhen(first.endsAtMs, nowMs)}, ${formatDistance(first.endsAtMs, nowMs)}`
  if (others.length === 0) return `Nobody is called for ${first.what}. It ${end}.`
  return `${inForce.length} silences are in force. The first ${end}.`
}

function Silences(props: { silences: readonly SilenceView[]; nowMs: number; onEnd: (() => void) | null }) {
  const { nowMs, onEnd } = props
  return (
    <ul class="incident-list">
      {props.silences.map((silence) => (
        <li key={silence.id}>
          <span class={`dot ${silence.state === 'active' ? 'growing' : 'hollow'}`} aria-hidden="true" />
          <div class="silence">
            <code>{silence.what}</code>
            {silence.comment !== '' && <p>{silence.comment}</p>}
            <p class="quiet">{standingOf(silence, nowMs)}</p>
          </div>
          {onEnd && !silence.isConfigured && <EndSilence silence={silence} onEnd={onEnd} />}
        </li>
      ))}
    </ul>
  )
}

function standingOf({ state, startsAtMs, endsAtMs, by, isConfigured, hiddenCount }: SilenceView, nowMs: number) {
  const [begin, end] = [formatWhen(startsAtMs, nowMs), formatWhen(endsAtMs, nowMs)]
  const when = {
    active: `since ${begin} · until ${end}, ${formatDistance(endsAtMs, nowMs)}`,
    pending: `begins ${begin}, ${formatDistance(startsAtMs, nowMs)} · until ${end}`,
    expired: `from ${begin} · ended ${end}, ${formatDistance(endsAtMs, nowMs)}`,
  }[state]
  const hides =
    hiddenCount === 0 ? 'hides nothing now' : `hides ${hiddenCount} alert${hiddenCount === 1 ? '' : 's'} now`
  return [when, isConfigured ? 'maintenance window' : `by ${by}`, ...(state === 'active' ? [hides] : [])].join(' · ')
}

function EndSilence({ silence, onEnd }: { silence: SilenceView; onEnd: () => void }) {
  const [refusal, setRefusal] = useState<string | null>(null)
  const word = silence.state === 'pending' ? 'Call it off' : 'End it now'
  return (
    <div class="end">
      <button
        type="button"
        aria-label={`${word}: ${silence.what}`}
        onClick={() =>
          ask('DELETE', `${paths.silences}/${encodeURIComponent(silence.id)}`).then(onEnd, (error: Error) =>
            setRefusal(error.message),
          )
        }
      >
        {word}
      </button>
      {refusal && (
        <p class="refusal" role="alert">
          {refusal}
        </p>
      )}
    </div>
  )
}

/** Whoever comes from an incident finds it filled in. */
function MakeSilence({ firing, onMade }: { firing: SilenceList['firing']; onMade: () => void }) {
  const asked = Number(new URLSearchParams(location.search).get('incident'))
  const [what, setWhat] = useState(() => firing.find(({ incidentId }) => incidentId === asked)?.what ?? '')
  const [answer, setAnswer] = useState<{ text: string; isRefusal: boolean } | null>(null)
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault()
        const values = new FormData(event.currentTarget)
        const begins = String(values.get('begins'))
        const body = {
          what,
          forMs: Number(values.get('span')),
          comment: String(values.get('comment')),
          ...(begins === '' ? {} : { startsAtMs: new Date(begins).getTime() }),
        }
        ask<SilenceView>('POST', paths.silences, body).then(
          (made) => {
            setAnswer({ text: `Silent until ${formatClock(made.endsAtMs)}: ${made.what}`, isRefusal: false })
            setWhat('')
            onMade()
          },
          (error: Error) => setAnswer({ text: error.message, isRefusal: true }),
        )
      }}
    >
      <h2>Silence something</h2>
      {firing.length > 0 && (
        <div class="choices">
          <p class="quiet">What fires now:</p>
          <ul>
            {firing.slice(0, 8).map((choice) => (
              <li key={choice.what}>
                <button type="button" aria-pressed={what === choice.what} onClick={() => setWhat(choice.what)}>
                  <code>{choice.what}</code>
                  <span class="quiet what">{choice.sentence}</span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
      <label>
        Alerts whose labels match
        <input
          name="what"
          value={what}
          onInput={(event) => setWhat(event.currentTarget.value)}
          placeholder={'service="web", alertname=~"Plimsoll.*"'}
          autoComplete="off"
          autoCapitalize="off"
          spellcheck={false}
          required
        />
      </label>
      <label>
        For
        <select name="span">
          {spans.map((span) => (
            <option key={span} value={span} selected={span === 60 * MINUTE_MS}>
              {formatDuration(span)}
            </option>
          ))}
        </select>
      </label>
      <label>
        Beginning (left empty: now)
        <input name="begins" type="datetime-local" />
      </label>
      <label>
        Why
        <input name="comment" maxLength={2000} autoComplete="off" required />
      </label>
      <button type="submit" class="primary">
        Call nobody for it
      </button>
      {answer && (
        <p class={answer.isRefusal ? 'refusal' : 'answer'} role={answer.isRefusal ? 'alert' : 'status'}>
          {answer.text}
        </p>
      )}
    </form>
  )
}
