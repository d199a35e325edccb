import { nextBelow, type Random } from '@plimsoll/core'
import type { Palette } from './palette.ts'

/**
 * What a shape is drawn with. The sheet is 400 × 400, things stand on the floor at y = 310 around x = 200, and the light
 * comes from the left.
 */
export interface Brush {
  color: Palette
  /** A whole number in [low, high]. */
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(choices: readonly T[]): T
  /** A filled outline with its right side in shade. */
  solid(outline: string, fill: string): string
  /** The same with a decoration drawn by chance inside the outline: bands, a dipped glaze, dots, speckle or nothing. */
  decorated(outline: string, fill: string): string
}

export type Shape = (brush: Brush) => string

export function createBrush(color: Palette, random: Random): Brush {
  const between = (low: number, high: number) => low + nextBelow(random, high - low + 1)
  const pick = <T>(choices: readonly T[]): T => choices[nextBelow(random, choices.length)]!
  let clipCount = 0
  const shade = (outline: string) => path(outline, '#0c1c2e', 'fill-opacity=".14" clip-path="url(#shade)"')

  return {
    color,
    between,
    pick,
    chance: (probability) => random.next() < probability,
    solid: (outline, fill) => path(outline, fill) + shade(outline),
    decorated(outline, fill) {
      const clip = `c${clipCount++}`
      const decoration = pick(decorations)({ color, between })
      return (
        `<clipPath id="${clip}"><path d="${outline}"/></clipPath>` +
        path(outline, fill) +
        (decoration === '' ? '' : `<g clip-path="url(#${clip})">${decoration}</g>`) +
        shade(outline)
      )
    },
  }
}

type Decoration = (brush: Pick<Brush, 'color' | 'between'>) => string

const decorations: readonly Decoration[] = [
  () => '',
  ({ color, between }) => rect(0, between(235, 262), 400, 200, color.accent),
  ({ color, between }) => rect(0, 0, 400, between(190, 215), color.paper),
  ({ color, between }) => {
    const top = between(200, 225)
    const height = between(6, 14)
    return [0, 1, 2].map((band) => rect(0, top + band * height * 2, 400, height, color.accent)).join('')
  },
  ({ color }) => grid(26, (x, y) => circle(x, y, 4, color.paper)),
  ({ color }) =>
    grid(17, (x, y) => circle(x + ((y * 7) % 11), y + ((x * 5) % 9), 1.8, color.ink, 'fill-opacity=".45"')),
  ({ color }) => grid(30, (x, y) => line(`M${x - 6} ${y + 6}L${x} ${y - 4}L${x + 6} ${y + 6}`, color.accent, 3)),
]

function grid(step: number, at: (x: number, y: number) => string): string {
  let out = ''
  for (let row = 0, y = 120; y < 320; y += step, row++) {
    for (let x = 70 + (row % 2) * (step / 2); x < 340; x += step) out += at(x, y)
  }
  return out
}

export function path(outline: string, fill: string, more = ''): string {
  return `<path d="${outline}" fill="${fill}" ${more}/>`
}

export function line(outline: string, stroke: string, width: number, more = ''): string {
  return `<path d="${outline}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round" ${more}/>`
}

export function circle(x: number, y: number, radius: number, fill: string, more = ''): string {
  return `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}" ${more}/>`
}

export function ellipse(x: number, y: number, radiusX: number, radiusY: number, fill: string, more = ''): string {
  return `<ellipse cx="${x}" cy="${y}" rx="${radiusX}" ry="${radiusY}" fill="${fill}" ${more}/>`
}

export function rect(x: number, y: number, width: number, height: number, fill: string, more = ''): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" ${more}/>`
}

/** The outline of an upright box, for `solid`. */
export function box(x: number, y: number, width: number, height: number, corner = 3): string {
  return (
    `M${x + corner} ${y}h${width - 2 * corner}q${corner} 0 ${corner} ${corner}v${height - 2 * corner}q0 ${corner} ${-corner} ${corner}` +
    `h${2 * corner - width}q${-corner} 0 ${-corner} ${-corner}v${2 * corner - height}q0 ${-corner} ${corner} ${-corner}z`
  )
}

/** The outline of a disc, for `solid`. */
export function disc(x: number, y: number, radius: number): string {
  return `M${x - radius} ${y}a${radius} ${radius} 0 1 1 ${2 * radius} 0a${radius} ${radius} 0 1 1 ${-2 * radius} 0z`
}

export function turned(degrees: number, inner: string): string {
  return `<g transform="rotate(${degrees} 200 210)">${inner}</g>`
}
