import type { JSX } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { slotMark, type SlotName } from '../cache/page-cache.ts'
import type { Visit } from '../visit.ts'

/**
 * A whole page as HTML, for nobody in particular: where something is the visitor's own stands a {@link slotMark}. Every page
 * is rendered this way, cached or not, so that nothing personal can slip into a page that many will see.
 */
export function renderPage(page: JSX.Element): string {
  return '<!doctype html>' + renderToString(page)
}

/** What stands in a slot for this visitor (none: one who could not be read): HTML without anything a person typed. */
export function fillSlot(visit: Visit | null | undefined, slot: SlotName): string {
  if (!visit) return slot === 'account' ? '<a href="/account">Account</a>' : ''
  if (slot === 'csrf') return visit.csrfToken
  if (slot === 'account') {
    return visit.account === null ? '<a href="/account/sign-in">Sign in</a>' : '<a href="/account">Account</a>'
  }
  return visit.bagCount > 0 ? `<span class="bag-count">${visit.bagCount}<span class="unseen"> in it</span></span>` : ''
}

const anySlot = new RegExp(`${slotMark('csrf')}|${slotMark('bag')}|${slotMark('account')}`, 'g')

/** The page for this visitor, uncached. */
export function fillSlots(html: string, visit: Visit | null | undefined): string {
  return html.replaceAll(anySlot, (mark) => fillSlot(visit, mark.slice(1, -1) as SlotName))
}
