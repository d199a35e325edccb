export type { Incident, IncidentSummary, Overview } from './api/contract.ts'
