import type { Incident } from '@plimsoll/console/contract'
import { isPlanted, type PlantedLeak } from './planted.ts'
import type { ArmRecord, IncidentGist, Milestones } from './record.ts'

/** What the console's incidents say about the leak: when each step happened, who was named, what was done. */
export interface IncidentReading {
  milestones: Partial<Milestones>
  culprit: ArmRecord['culprit']
  isCulprit(planted: PlantedLeak): boolean
  /** All that were opened, also before the fault. */
  incidents: IncidentGist[]
  rotationCount: number
  actions: string[]
  isResolved: boolean
  postmortem: string | null
  /** The first after the fault, with all it holds. */
  incident: Incident | null
}

/** Reads the incidents; the first one after the fault is the one the steps are taken from. */
export function readIncident(incidents: readonly Incident[], faultAtMs: number): IncidentReading {
  const gists = incidents.map(({ sentence, cause, conclusion, openedAtMs }) => ({
    sentence,
    cause,
    conclusion: conclusion.kind,
    sinceFaultMs: openedAtMs - faultAtMs,
  }))
  const incident = incidents.find(({ openedAtMs }) => openedAtMs >= faultAtMs)
  if (!incident) {
    return {
      milestones: {},
      culprit: null,
      isCulprit: () => false,
      incidents: gists,
      rotationCount: 0,
      actions: [],
      isResolved: false,
      postmortem: null,
      incident: null,
    }
  }
  const since = (atMs: number | null | undefined) => (atMs === null || atMs === undefined ? null : atMs - faultAtMs)
  const decided = (name: Incident['checks'][number]['name'], verdict: 'ok' | 'guilty') =>
    since(incident.checks.find((check) => check.name === name && check.verdict === verdict)?.decidedAtMs)
  // A latency alert that came first tells of harm, not of the leak.
  const leakAlerts = incident.alerts.filter(({ cause }) => cause === 'leak').map(({ firstAtMs }) => firstAtMs)
  const owner = incident.notifications.filter(({ reason, sentAtMs }) => reason === 'owner' && sentAtMs !== null)
  const { culprit } = incident
  return {
    milestones: {
      detected: leakAlerts.length === 0 ? null : since(Math.min(...leakAlerts)),
      opened: since(incident.openedAtMs),
      databaseExonerated: decided('database', 'ok'),
      workerNamed: decided('worker-outlier', 'guilty'),
      leakNamed: decided('leak-or-load', 'guilty'),
      lineNamed: since(culprit?.namedAtMs),
      ownerPaged: owner.length === 0 ? null : since(Math.min(...owner.map(({ sentAtMs }) => sentAtMs!))),
      mitigated: since(incident.mitigatedAtMs),
    },
    culprit: culprit && {
      file: culprit.file,
      line: culprit.line,
      variable: culprit.variable,
      sentence: incident.sentence,
    },
    isCulprit: (planted) => culprit !== null && isPlanted(culprit, planted),
    incidents: gists,
    rotationCount: incident.actions.filter(({ kind, status }) => kind === 'rotate' && status === 'done').length,
    actions: incident.actions.map(
      ({ sentence, requestedAtMs }) => `${Math.round((requestedAtMs - faultAtMs) / 1000)} s into the leak: ${sentence}`,
    ),
    isResolved: incident.state === 'resolved',
    postmortem: incident.postmortem,
    incident,
  }
}
