import type { Incident } from './incidents.ts'
import type { Overview, ProcessSeries } from './services.ts'

/**
 * Events of the stream by name; `data` is the JSON of the type. `overview` comes at once and then at most once a second
 * when something changed; `incident` at once and with each change of the one asked for; `point` with each sample of the
 * instance asked for (one row of {@link ProcessSeries}). A comment every 15 s keeps proxies awake. On reconnect all
 * starts anew, so nothing has to be replayed.
 */
export interface StreamEvents {
  overview: Overview
  incident: Incident
  point: SeriesPoint
}

export type SeriesPoint = { [Column in keyof ProcessSeries]: ProcessSeries[Column][number] }
