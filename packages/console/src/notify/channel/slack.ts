import type { SlackSettings } from '../../config.ts'
import type { ClaimedDelivery } from '../../storage/outbox.ts'
import { DeliveryError, linkWords, type Channel, type FindSecret } from '../channel.ts'
import { checkAnswer, post } from '../post.ts'
import { urlOf } from './webhook.ts'

const MAX_HEADER = 150
const MAX_SECTION = 3000

/** An incoming webhook of Slack. */
export function createSlackChannel({ findSecret }: { findSecret: FindSecret }): Channel {
  return {
    name: 'slack',
    async deliver(delivery, abortSignal) {
      const url = urlOf(findSecret, delivery.channel, delivery.destination)
      const body = JSON.stringify(toSlack(delivery, false))
      checkAnswer(
        await post(url, { headers: { 'content-type': 'application/json; charset=utf-8' }, body, abortSignal }),
      )
      return null
    },
  }
}

/** Said by Slack with status 200, and true tomorrow as well. */
const finalErrors = new Set([
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'no_permission',
  'restricted_action',
  'invalid_blocks',
  'msg_too_long',
])

/**
 * A bot of Slack: one message an incident that always says how it stands, with buttons; everything after the first is added to
 * its thread.
 */
export function createSlackBotChannel({ token, url }: SlackSettings): Channel {
  return {
    name: 'slack-bot',
    async deliver(delivery, abortSignal) {
      const { destination, thread, reason } = delivery
      const [, channel = destination, rootTs = null] = /^(\S+) (\S+)$/.exec(thread ?? '') ?? []
      const message = toSlack(delivery, true)
      if (rootTs !== null) {
        await call('chat.update', { channel, ts: rootTs, ...message })
        if (reason === 'acknowledged') return thread
      } else if (reason === 'acknowledged') return null
      const posted = await call('chat.postMessage', {
        channel,
        ...(rootTs === null ? message : { ...toSlack(delivery, false), thread_ts: rootTs }),
        unfurl_links: false,
      })
      return thread ?? `${posted.channel ?? channel} ${posted.ts ?? ''}`

      async function call(method: string, body: object): Promise<{ ts?: string; channel?: string }> {
        const answer = await post(`${url}/${method}`, {
          headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${token}` },
          body: JSON.stringify(body),
          abortSignal,
        })
        checkAnswer(answer)
        const { ok, error = 'an answer that is no JSON', ...rest } = parseAnswer(answer.body)
        if (ok === true) return rest
        throw new DeliveryError(`Slack refused ${method}: ${error}.`, {
          isFinal: finalErrors.has(error),
          retryAfterMs: answer.retryAfterMs,
        })
      }
    },
  }
}

function parseAnswer(body: string): { ok?: boolean; error?: string; ts?: string; channel?: string } {
  try {
    return JSON.parse(body) as { ok?: boolean; error?: string; ts?: string; channel?: string }
  } catch {
    return {}
  }
}

/** Text for notifications, blocks for the eye. */
export function toSlack({ message, reason, isRepeat, incidentId }: ClaimedDelivery, hasButtons: boolean): object {
  const { incident, text, incidentUrl, acknowledgeUrl, subject } = message
  const state =
    reason === 'resolved' ? 'Resolved' : reason === 'acknowledged' ? `Acknowledged by ${incident.acknowledgedBy}` : null
  const title = `${state === null ? '' : `${state}: `}${subject}`
  const repeat = isRepeat ? 'Perhaps a repeat: the console died while it sent this. ' : ''
  const body = text
    .split('\n')
    .filter((line) => !line.startsWith('Acknowledge: ') && !line.startsWith('Look: '))
    .join('\n')
    .trim()
  const buttons = [
    { type: 'button', text: plain(linkWords(incidentId)), url: incidentUrl, action_id: 'open' },
    ...(acknowledgeUrl === null
      ? []
      : [
          hasButtons
            ? {
                type: 'button',
                text: plain('Acknowledge'),
                style: 'primary',
                action_id: 'acknowledge',
                value: String(incident.id),
              }
            : {
                type: 'button',
                text: plain('Acknowledge'),
                style: 'primary',
                action_id: 'acknowledge-link',
                url: acknowledgeUrl,
              },
        ]),
  ]
  return {
    text: escapeMrkdwn(`${repeat}${title}: ${incident.sentence}`).slice(0, MAX_SECTION),
    blocks: [
      { type: 'header', text: plain(title.slice(0, MAX_HEADER)) },
      { type: 'section', text: { type: 'mrkdwn', text: cut(escapeMrkdwn(repeat + body)) } },
      { type: 'actions', elements: buttons },
    ],
  }
}

function plain(text: string): object {
  return { type: 'plain_text', text, emoji: false }
}

/** The three characters Slack wants escaped. */
function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Never in the middle of an escape. */
function cut(text: string): string {
  return text.length <= MAX_SECTION ? text : `${text.slice(0, MAX_SECTION - 10).replace(/&[a-z]*$/, '')} …`
}
