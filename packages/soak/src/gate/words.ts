/** Figures as people read them, in one way everywhere. */
export function number(value: number): string {
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 10) / 10
  return String(rounded === 0 ? 0 : rounded).replace('-', '−')
}

export function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : number(value)
}

export function percent(share: number): string {
  const value = share * 100
  return `${value >= 99 && value < 100 ? Number(value.toFixed(2)) : Number(value.toPrecision(2))} %`
}
