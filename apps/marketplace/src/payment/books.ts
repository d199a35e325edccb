import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'

export interface Charge {
  key: string
  amountCents: number
  status: 'authorised' | 'declined' | 'voided'
  reference: string
  reason: string | null
}

/** Keys are forgotten beyond this many, the oldest first, as real providers forget them after a day. */
const MAX_CHARGES = 200_000

/** What a test provider remembers. Written before it is answered, so that a killed provider still knows whom it charged. */
export interface Books {
  find(key: string): Charge | undefined
  write(charge: Charge): void
  all(): Iterable<Charge>
  close(): void
}

/** One JSON line a change in `file`; without a file all is forgotten at the end. A line cut short by a crash was never answered: it is dropped. */
export function openBooks(file: string | null): Books {
  const charges = new Map<string, Charge>()
  const keep = (charge: Charge) => {
    charges.set(charge.key, charge)
    if (charges.size > MAX_CHARGES) charges.delete(charges.keys().next().value!)
  }
  let handle: number | null = null
  if (file !== null) {
    for (const charge of readCharges(file)) keep(charge)
    // Rewritten at each start, so that the file is never longer than one life's changes.
    writeFileSync(`${file}.new`, [...charges.values()].map((charge) => JSON.stringify(charge) + '\n').join(''), {
      mode: 0o600,
    })
    renameSync(`${file}.new`, file)
    handle = openSync(file, 'a', 0o600)
  }
  return {
    find: (key) => charges.get(key),
    write(charge) {
      keep(charge)
      if (handle !== null) writeSync(handle, JSON.stringify(charge) + '\n')
    },
    all: () => charges.values(),
    close() {
      if (handle !== null) closeSync(handle)
      handle = null
    },
  }
}

function readCharges(file: string): Charge[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Charge]
    } catch {
      return []
    }
  })
}
