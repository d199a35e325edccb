/** Cents for people: `€48`, `€12.50`, `€1,250`. */
export function formatPrice(cents: number): string {
  const euros = Math.floor(cents / 100).toLocaleString('en-IE')
  return cents % 100 === 0 ? `€${euros}` : `€${euros}.${String(cents % 100).padStart(2, '0')}`
}

/** As it is typed into a price field: `12.50`. */
export function toPriceField(cents: number): string {
  return (cents / 100).toFixed(2)
}

/** Cents of a typed price (`12`, `12.5`, `12,50`, `€ 12.50`), or `null`. */
export function parsePrice(typed: string): number | null {
  const match = /^€?\s*(\d{1,7})(?:[.,](\d{1,2}))?\s*€?$/.exec(typed.trim())
  return match === null ? null : Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'))
}
