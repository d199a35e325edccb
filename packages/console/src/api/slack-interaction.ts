import { MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import { createHmac } from 'node:crypto'
import { RefusedError } from '../errors.ts'
import { isSame } from './access.ts'

/** Older ones may be a recording of somebody else's. */
const MAX_AGE_MS = 5 * MINUTE_MS

/** Slack signs what its buttons send: HMAC-SHA256 of `v0:<time>:<body>` under the app's secret. @throws {@link RefusedError} */
export function checkSlackSignature(
  secret: string | null,
  signature: string,
  stamp: string,
  body: string,
  nowMs: number,
): void {
  if (secret === null)
    throw new RefusedError(404, 'NOT_FOUND', 'Buttons of Slack are not set up: slack.signingSecret is not configured.')
  const isFresh = Math.abs(nowMs - Number(stamp) * SECOND_MS) <= MAX_AGE_MS
  const expected = `v0=${createHmac('sha256', secret).update(`v0:${stamp}:${body}`).digest('hex')}`
  if (!isFresh || !isSame(signature, expected))
    throw new RefusedError(403, 'SLACK_SIGNATURE', 'This does not come from Slack, or is older than five minutes.')
}

/** Who pressed what. What is no button of ours is nothing. */
export function readSlackPayload(body: string): { by: string; acknowledged: number[] } {
  try {
    const payload = JSON.parse(new URLSearchParams(body).get('payload') ?? '{}') as {
      user?: { name?: unknown; username?: unknown }
      actions?: { action_id?: unknown; value?: unknown }[]
    }
    const name = [payload.user?.name, payload.user?.username].find((word) => typeof word === 'string')
    const acknowledged = (payload.actions ?? [])
      .filter(({ action_id: id }) => id === 'acknowledge')
      .map(({ value }) => Number(value))
      .filter((id) => Number.isSafeInteger(id) && id > 0 && id <= 2_147_483_647)
    return { by: typeof name === 'string' ? name.slice(0, 100) : 'somebody in Slack', acknowledged }
  } catch {
    throw new RefusedError(400, 'SLACK_PAYLOAD', 'The payload is no JSON.')
  }
}
