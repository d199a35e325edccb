import type { IncidentRecord } from '../incident/incident.ts'

/** Incidents that are not resolved, found by their number and by their service: each service is looked at every second. */
export class OpenIncidents {
  readonly #records = new Map<number, IncidentRecord>()
  readonly #ofService = new Map<string, Set<number>>()

  get(id: number): IncidentRecord | null {
    return this.#records.get(id) ?? null
  }

  /** The oldest first. */
  all(): IncidentRecord[] {
    return [...this.#records.values()]
  }

  of(service: string): IncidentRecord[] {
    return [...(this.#ofService.get(service) ?? [])].map((id) => this.#records.get(id)!)
  }

  set(record: IncidentRecord): void {
    this.#records.set(record.id, record)
    const ids = this.#ofService.get(record.service)
    if (ids) ids.add(record.id)
    else this.#ofService.set(record.service, new Set([record.id]))
  }

  delete({ id, service }: IncidentRecord): void {
    this.#records.delete(id)
    const ids = this.#ofService.get(service)
    ids?.delete(id)
    if (ids?.size === 0) this.#ofService.delete(service)
  }
}
