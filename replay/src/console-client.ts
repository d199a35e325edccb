import { readFileSync } from 'node:fs'
import { paths, type Incident, type IncidentList, type Overview } from '@plimsoll/console/contract'
import type { ConsolePart } from '@plimsoll/demo'

/** Reads what the console says, as any tool may that was given the viewer's token. */
export class ConsoleClient {
  readonly #origin: string
  readonly #token: string

  constructor({ url, adminTokenFile }: ConsolePart) {
    this.#origin = url
    this.#token = readFileSync(adminTokenFile, 'utf8').trim()
  }

  overview(): Promise<Overview> {
    return this.#json(paths.services)
  }

  /** All incidents with all they hold, the oldest first. */
  async incidents(): Promise<Incident[]> {
    const { incidents } = await this.#json<IncidentList>(paths.incidents)
    const whole = await Promise.all(incidents.map(({ id }) => this.#json<Incident>(paths.incident(id))))
    return whole.sort((one, other) => one.openedAtMs - other.openedAtMs)
  }

  async #json<T>(path: string): Promise<T> {
    const answer = await fetch(new URL(path, this.#origin), {
      headers: { authorization: `Bearer ${this.#token}` },
      signal: AbortSignal.timeout(10_000),
    })
    if (!answer.ok) throw new Error(`The console answered ${answer.status} to ${path}: ${await answer.text()}`)
    return (await answer.json()) as T
  }
}
