import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { IncidentSummary, Session } from '../../src/api/contract.ts'
import { Keys } from './keys.tsx'
import { Link } from './router.tsx'
import { glue, toneOf } from './words.ts'

type Verdict = IncidentSummary['verdict']

export function Frame(props: {
  session: Session
  path: string
  openCount: number
  silenceCount: number
  hasDeliveries: boolean
  isLive: boolean
  children: ComponentChildren
}) {
  const { session, path, openCount } = props
  return (
    <>
      <a class="skip" href="#content">
        Skip to content
      </a>
      <header class="top">
        <Link to="/" class="brand">
          <Mark /> Plimsoll
        </Link>
        <nav aria-label="Main">
          <Link to="/" current={path === '/'}>
            Services
          </Link>
          <Link to="/incidents" current={path.startsWith('/incidents')}>
            Incidents {openCount > 0 && <span class="count">{openCount}</span>}
          </Link>
          {(props.silenceCount > 0 || path === '/silences') && (
            <Link to="/silences" current={path === '/silences'}>
              Silences {props.silenceCount > 0 && <span class="count">{props.silenceCount}</span>}
            </Link>
          )}
          {props.hasDeliveries && (
            <Link to="/deliveries" current={path === '/deliveries'}>
              Messages
            </Link>
          )}
          <Link to="/plan" current={path === '/plan' || path.endsWith('/plan')}>
            Plan
          </Link>
          {session.links.map(({ label, url }) => (
            <a href={url} key={url}>
              {label}
            </a>
          ))}
        </nav>
        <Link to="/settings" class="who" current={path.startsWith('/settings')}>
          {session.name}
        </Link>
      </header>
      {!props.isLive && (
        <p class="not-live" role="status">
          The live view is interrupted; trying again. What you see is what was known last.
        </p>
      )}
      <main id="content">{props.children}</main>
      <Keys />
    </>
  )
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="10.5" />
      <path d="M1 16h30" />
    </svg>
  )
}

/** State, in colour and word, and one sentence. */
export function Headline({ verdict, children }: { verdict: Verdict; children: ComponentChildren }) {
  return (
    <h1 class="headline">
      <span class={`dot ${toneOf(verdict)}`} aria-hidden="true" />
      <span>{typeof children === 'string' ? glue(children) : children}</span>
    </h1>
  )
}

/** Where a page stands, and the way up. */
export function Crumbs({ up, name, children }: { up: string; name: string; children?: ComponentChildren }) {
  return (
    <p class="crumbs no-print">
      <Link to={up}>{name}</Link>
      {children}
    </p>
  )
}

/** Now, once a second: spans on the page grow by themselves. */
export function useNow(): number {
  const [nowMs, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return nowMs
}

/** A tab tells the worst state by its mark and its title. */
export function useTab(verdict: Verdict, title: string): void {
  useEffect(() => {
    const tone = toneOf(verdict)
    const mark = tone === 'innocent' ? 'calm' : tone
    document.getElementById('favicon')?.setAttribute('href', `/mark-${mark}.svg`)
    document.title = `${mark === 'calm' ? '' : `${verdict} · `}${title}`
  }, [verdict, title])
}
