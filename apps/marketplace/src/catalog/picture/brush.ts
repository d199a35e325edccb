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
  /** Whether the title has this word: a clock and a compass share a case, not a dial. */
  says(word: string): boolean
  pick<T>(choices: readonly T[]): T
  /** A filled outline with its right side in shade. */
  solid(outline: string, fill: string): string
  /** The same with a decoration drawn by chance inside the outline: bands, a dipped glaze, dots, speckle or nothing. */
  decorated(outline: string, fill: string): string
}

export type Shape = (brush: Brush) => string

export function createBrush(color: Palette, random: Random, title: string): Brush {
  const between = (low: number, high: number) => low + nextBelow(random, high - low + 1)
  const pick = <T>(choices: readonly T[]): T => choices[nextBelow(random, choices.length)]!
  const words = title.toLowerCase().split(/[^a-z]+/)
  let clipCount = 0
  const shade = (outline: string) => path(outline, '#0c1c2e', 'fill-opacity=".14" clip-path="url(#shade)"')

  return {
    color,
    between,
    pick,
    chance: (probability) => random.next() < probability,
    says: (word) => words.includes(word),
    solid: (outline, fill) => path(outline, fill) + shade(outline),
    decorated(outline, fill) {
      const clip = `c${clipCount++}`
      const decoration = pick(decorations)({ color, between, tileId: `t${clip}` })
      return (
        `<clipPath id="${clip}"><path d="${outline}"/></clipPath>` +
        path(outline, fill) +
        (decoration === '' ? '' : `<g clip-path="url(#${clip})">${decoration}</g>`) +
        shade(outline)
      )
    },
  }
}

type Decoration = (brush: Pick<Brush, 'color' | 'between'> & { tileId: string }) => string

const decorations: readonly Decoration[] = [
  () => '',
  ({ color, between }) => rect(0, between(235, 262), 400, 200, color.accent),
  ({ color, between }) => rect(0, 0, 400, between(190, 215), color.paper),
  ({ color, between }) => {
    const top = between(200, 225)
    const height = between(6, 14)
    return [0, 1, 2].map((band) => rect(0, top + band * height * 2, 400, height, color.accent)).join('')
  },
  ({ color, tileId }) => tiled(tileId, 26, 52, circle(6, 13, 4, color.paper) + circle(19, 39, 4, color.paper)),
  ({ color, tileId }) => {
    const specks = [4, 9, 17, 3, 29, 14, 11, 25, 23, 31, 34, 20, 38, 6, 19, 39, 33, 37]
    const speck = (x: number, y: number) => circle(x, y, 1.8, color.ink, 'fill-opacity=".45"')
    return tiled(tileId, 42, 42, specks.flatMap((x, at) => (at % 2 === 0 ? speck(x, specks[at + 1]!) : [])).join(''))
  },
  ({ color, tileId }) => tiled(tileId, 30, 26, line('M5 18L15 8L25 18', color.accent, 3)),
]

/** The whole sheet covered with one small tile. */
function tiled(id: string, width: number, height: number, tile: string): string {
  return (
    `<pattern id="${id}" width="${width}" height="${height}" patternUnits="userSpaceOnUse">${tile}</pattern>` +
    rect(0, 0, 400, 400, `url(#${id})`)
  )
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
