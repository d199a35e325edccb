import { SECOND_MS } from '@plimsoll/core'
import { createTransport } from 'nodemailer'
import type { SmtpSettings } from '../../config.ts'
import type { ClaimedDelivery } from '../../storage/outbox.ts'
import { DeliveryError, linkWords, type Channel } from '../channel.ts'

/**
 * Mail by SMTP. All mails of an incident are one thread, and a mail that had to be sent again has the same Message-ID, so that
 * mail programs fold the two. 5xx is final, everything else is tried again.
 */
export function createMailChannel({ url, from }: SmtpSettings): Channel {
  const host = /@([^>\s]+)/.exec(from)?.[1] ?? 'plimsoll'
  const transport = createTransport(url, {
    from,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    name: 'mail',
    async deliver(delivery, abortSignal) {
      const { message, id, incidentId, destination, key } = delivery
      const isDigest = incidentId === null
      const thread = isDigest ? undefined : `<inc-${incidentId}@${host}>`
      const sending = transport.sendMail({
        to: destination,
        subject: message.subject,
        messageId: isDigest ? `<${key.replace('/', '.')}@${host}>` : `<inc-${incidentId}.out-${id}@${host}>`,
        inReplyTo: thread,
        references: thread,
        headers: {
          'Auto-Submitted': 'auto-generated',
          'X-Auto-Response-Suppress': 'All',
          Precedence: 'bulk',
          'X-Plimsoll-Reason': delivery.reason,
          'X-Plimsoll-Key': delivery.key,
          ...(delivery.isRepeat ? { 'X-Plimsoll-Repeat': 'perhaps' } : {}),
        },
        text: message.text,
        html: renderHtml(delivery),
      })
      await Promise.race([sending, rejectOnAbort(abortSignal)]).catch((error: unknown) => {
        sending.catch(() => {})
        const code = (error as { responseCode?: number }).responseCode
        if (code !== undefined && code >= 500)
          throw new DeliveryError(String((error as Error).message), { isFinal: true })
        throw error
      })
      return null
    },
  }
}

function rejectOnAbort(abortSignal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => reject(abortSignal.reason as Error)
    if (abortSignal.aborted) fail()
    // eslint-disable-next-line plimsoll/no-abort-listener-left -- the outbox makes a signal for each delivery
    else abortSignal.addEventListener('abort', fail, { once: true })
  })
}

function renderHtml({ message, incidentId }: ClaimedDelivery): string {
  const { text, acknowledgeUrl, incidentUrl } = message
  const button = acknowledgeUrl
    ? `<p><a href="${escapeHtml(acknowledgeUrl)}" style="display:inline-block;padding:12px 20px;border-radius:6px;background:#1c2b3a;color:#fff;text-decoration:none">Acknowledge</a></p>`
    : ''
  const body = text
    .split('\n')
    .filter((line) => !line.startsWith('Acknowledge: ') && !line.startsWith('Look: '))
    .join('\n')
    .trimEnd()
  return `<!doctype html><html><body style="font:15px/1.5 system-ui,sans-serif;color:#1c2b3a;max-width:72ch"><pre style="white-space:pre-wrap;font:inherit">${escapeHtml(body)}</pre>${button}<p><a href="${escapeHtml(incidentUrl)}">${linkWords(incidentId)}</a></p></body></html>`
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** Timeouts of the connection itself, as part of the URL: the call's own time-out is shorter than a lease. */
export function withTimeouts(url: string): string {
  const parsed = new URL(url)
  for (const name of ['connectionTimeout', 'greetingTimeout', 'socketTimeout']) {
    if (!parsed.searchParams.has(name)) parsed.searchParams.set(name, String(8 * SECOND_MS))
  }
  return parsed.href
}
