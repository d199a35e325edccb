import { createHash } from 'node:crypto'
import type { IncidentRecord } from '../incident/incident.ts'
import { escapeHtml } from '../notify/channel/mail.ts'
import { isDrill } from '../incident/drill.ts'
import { dateTime } from '../words.ts'

const css =
  'body{font:18px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color:#1c2b3a;background:#fbfcfd;overflow-wrap:anywhere}li{margin:.5rem 0}small{color:#52606d}@media(prefers-color-scheme:dark){body{color:#e6ebf0;background:#141c26}small{color:#9fb0c0}}'

export const statusPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'`

/** How it stands, for everybody: services and whether they work, nothing of how they are built. */
export function renderStatus(
  title: string,
  services: readonly string[],
  open: readonly IncidentRecord[],
  nowMs: number,
): string {
  const grave = open.filter(
    (incident) =>
      !incident.alerts.some(({ fingerprint }) => isDrill(fingerprint)) &&
      incident.severity === 'critical' &&
      incident.mute === null,
  )
  const felt = (service: string) => grave.filter((incident) => incident.service === service)
  const troubled = services.filter((service) => felt(service).length > 0)
  const lines = services.map((service) => {
    const [first] = felt(service)
    if (!first) return `<li><b>${escapeHtml(service)}</b> works.</li>`
    const state =
      first.mitigatedAtMs !== null
        ? 'is held in check'
        : first.state === 'acknowledged'
          ? 'has trouble; somebody works on it'
          : 'has trouble; people are being called'
    return `<li><b>${escapeHtml(service)}</b> ${state}, since ${dateTime(first.openedAtMs)} UTC.</li>`
  })
  // What only an alert names is nobody's business, but that something is wrong is.
  const isTroubledElsewhere = grave.some(({ service }) => !services.includes(service))
  const sentence =
    troubled.length === 0
      ? isTroubledElsewhere
        ? 'There is trouble behind it; people are being called or work on it.'
        : 'Everything works.'
      : `${troubled.map(escapeHtml).join(', ')} ${troubled.length === 1 ? 'has' : 'have'} trouble.`
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${css}</style></head><body><main><h1>${escapeHtml(title)}</h1><p>${sentence}</p><ul>${lines.join('')}</ul><p><small>As of ${dateTime(nowMs)} UTC.</small></p></main></body></html>
`
}
