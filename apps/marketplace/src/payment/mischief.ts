import type { Fault } from '@plimsoll/core'

/** How a test provider misbehaves. Shares are 0..1 and drawn for each request; all 0 is a calm one. */
export interface Mischief {
  /** Waits so long before every answer, 0 to 60,000. */
  delayMs: number
  /** Acts and then never answers. */
  timeoutShare: number
  /** Declines a card that is good. */
  declineShare: number
  /** Acts and then answers 503, so that the client asks again and hears the answer a second time. */
  repeatShare: number
}

export const calm: Mischief = { delayMs: 0, timeoutShare: 0, declineShare: 0, repeatShare: 0 }

const names = { delay: 'delayMs', timeout: 'timeoutShare', decline: 'declineShare', repeat: 'repeatShare' } as const

/** Parses `delay=200,timeout=0.1,decline=0.05,repeat=0.2`; what is not named is 0. Faults go to `faults`. */
export function parseMischief(text: string, where: string, faults: Fault[]): Mischief {
  const mischief = { ...calm }
  for (const part of text.split(',').filter((part) => part !== '')) {
    const [name = '', value = ''] = part.split('=')
    const field = Object.hasOwn(names, name) ? names[name as keyof typeof names] : null
    const most = field === 'delayMs' ? 60_000 : 1
    const number = value === '' ? NaN : Number(value)
    if (field === null) faults.push({ where, what: `knows no "${name}" (known: ${Object.keys(names).join(', ')})` })
    else if (!(number >= 0 && number <= most)) faults.push({ where, what: `needs ${name}= between 0 and ${most}` })
    else mischief[field] = number
  }
  return mischief
}
