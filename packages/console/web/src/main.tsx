import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { paths, type DeliveryLog, type Overview, type Session } from '../../src/api/contract.ts'
import { loadSession, RefusalError, useLoaded, useStream } from './api.ts'
import { Frame, Mark } from './frame.tsx'
import { DeliveriesPage } from './page/deliveries.tsx'
import { IncidentPage } from './page/incident.tsx'
import { IncidentsPage } from './page/incidents.tsx'
import { OverviewPage } from './page/overview.tsx'
import { ProcessPage } from './page/process.tsx'
import { CachePage } from './page/cache.tsx'
import { PlanPage, PlansPage } from './page/plan.tsx'
import { AuditPage, PeoplePage, RulesPage, SettingsPage, SignIn, TokensPage } from './page/settings.tsx'
import { SilencesPage } from './page/silences.tsx'
import { usePath } from './router.tsx'
import './style.css'

function App() {
  const [session, setSession] = useState<Session | null>(null)
  const [refusal, setRefusal] = useState<RefusalError | null>(null)
  useEffect(() => {
    loadSession().then(setSession, setRefusal)
  }, [])
  if (refusal) return <Outside refusal={refusal} />
  if (!session) return null
  return <Console session={session} />
}

function Console({ session }: { session: Session }) {
  const path = usePath()
  const [overview, setOverview] = useState<Overview | null>(null)
  const isLive = useStream('', { overview: setOverview })
  const { value: log } = useLoaded<DeliveryLog>(paths.deliveries, 15_000)
  const openCount = overview?.incidents.length ?? 0
  return (
    <Frame
      session={session}
      path={path}
      openCount={openCount}
      silenceCount={overview?.silenceCount ?? 0}
      hasDeliveries={(log?.deliveries.length ?? 0) > 0}
      isLive={isLive}
    >
      <Page path={path} overview={overview} session={session} />
    </Frame>
  )
}

function Page({ path, overview, session }: { path: string; overview: Overview | null; session: Session }) {
  const process = /^\/services\/([^/]+)\/processes\/([^/]+)$/.exec(path)
  if (process) {
    const [service, instance] = [decodeURIComponent(process[1]!), decodeURIComponent(process[2]!)]
    return <ProcessPage service={service} instance={instance} key={instance} />
  }
  const incident = /^\/incidents\/(\d+)$/.exec(path)
  if (incident) return <IncidentPage id={Number(incident[1])} session={session} key={incident[1]} />
  const cache = /^\/services\/([^/]+)\/caches\/([^/]+)$/.exec(path)
  if (cache)
    return (
      <CachePage overview={overview} service={decodeURIComponent(cache[1]!)} name={decodeURIComponent(cache[2]!)} />
    )
  const plan = /^\/services\/([^/]+)\/plan$/.exec(path)
  if (plan) return <PlanPage service={decodeURIComponent(plan[1]!)} key={plan[1]} />
  if (path === '/plan') return <PlansPage overview={overview} />
  if (path === '/settings') return <SettingsPage session={session} />
  if (path === '/settings/rules') return <RulesPage />
  if (path === '/settings/people') return <PeoplePage session={session} />
  if (path === '/settings/tokens') return <TokensPage />
  if (path === '/settings/audit') return <AuditPage />
  if (path === '/silences') return <SilencesPage session={session} />
  if (path === '/incidents') return <IncidentsPage />
  if (path === '/deliveries') return <DeliveriesPage />
  if (path !== '/') return <h1 class="empty">There is no page at {path}.</h1>
  return overview ? <OverviewPage overview={overview} /> : <h1 class="empty">Waiting for the first reading.</h1>
}

function Outside({ refusal: { status, message } }: { refusal: RefusalError }) {
  // What is answered to a tool speaks of headers and files: a person needs another word.
  const sentence =
    status === 401
      ? 'Open the sign-in link that the console printed when it started, or one that an admin made under People: each works once. Or sign in with your name and password.'
      : message
  return (
    <main class="outside">
      <Mark />
      <h1>Plimsoll console</h1>
      <p>{sentence}</p>
      <SignIn />
    </main>
  )
}

render(<App />, document.getElementById('app')!)
