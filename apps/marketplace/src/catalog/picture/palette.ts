import { nextBelow, type Random } from '@plimsoll/core'
import { toHex, type Oklch } from './color.ts'

/** The colours one picture is painted with, as `#rrggbb`. */
export interface Palette {
  wall: string
  floor: string
  /** What the thing is mostly made of. */
  main: string
  mainDeep: string
  /** A second colour that goes with it: bands, linings, covers. */
  accent: string
  accentDeep: string
  wood: string
  woodDeep: string
  metal: string
  metalDeep: string
  paper: string
  ink: string
  leaf: string
}

/** Hues a department is painted in. A shelf of one department then hangs together, as goods of one trade do. */
const huesByCategory: Record<string, readonly number[]> = {
  kitchen: [230, 60, 155, 40, 85],
  furniture: [70, 160, 215, 45],
  lighting: [85, 200, 40, 170],
  clothing: [245, 25, 150, 75, 215],
  books: [30, 250, 150, 85, 350],
  music: [45, 20, 260, 75],
  workshop: [60, 145, 250, 30],
  boating: [235, 30, 80, 200],
  toys: [28, 235, 90, 150],
  prints: [220, 145, 45, 15],
  cycling: [200, 25, 140, 255, 70],
  garden: [45, 150, 35, 220],
}

const tint = (lightness: number, chroma: number, hue: number): Oklch => ({ lightness, chroma, hue })

/** Words of a title that say a colour outright: a listing called "Blue enamel jug" must not be drawn red. */
const spokenTints: readonly (readonly [RegExp, Oklch])[] = [
  [/\b(?:navy|indigo|midnight)\b/i, tint(0.4, 0.09, 260)],
  [/\b(?:blue|cobalt|denim)\b/i, tint(0.55, 0.11, 250)],
  [/\b(?:teal|petrol|sea)\b/i, tint(0.55, 0.08, 205)],
  [/\b(?:sage|olive|moss)\b/i, tint(0.62, 0.07, 130)],
  [/\b(?:green|bottle-green|celadon)\b/i, tint(0.56, 0.1, 155)],
  [/\b(?:red|crimson|scarlet|cherry)\b/i, tint(0.54, 0.16, 27)],
  [/\b(?:rust|terracotta|copper|brick)\b/i, tint(0.6, 0.12, 45)],
  [/\b(?:orange|amber)\b/i, tint(0.7, 0.14, 60)],
  [/\b(?:yellow|mustard|ochre|brass|gold)\b/i, tint(0.76, 0.13, 85)],
  [/\b(?:pink|rose)\b/i, tint(0.74, 0.09, 10)],
  [/\b(?:plum|aubergine)\b/i, tint(0.42, 0.09, 340)],
  [/\b(?:cream|ivory|linen|bone)\b/i, tint(0.9, 0.035, 90)],
  [/\b(?:white|chalk)\b/i, tint(0.93, 0.01, 220)],
  [/\b(?:black|ebony|iron|slate)\b/i, tint(0.36, 0.02, 250)],
  [/\b(?:grey|gray|pewter|steel|tin|zinc)\b/i, tint(0.66, 0.02, 240)],
]

const woods: Record<string, Oklch> = {
  pine: tint(0.8, 0.08, 80),
  oak: tint(0.7, 0.09, 72),
  walnut: tint(0.48, 0.07, 55),
  teak: tint(0.58, 0.1, 58),
}

/** The palette of one listing: the department gives the hues, the title may name a colour or a wood, chance the rest. */
export function choosePalette(categorySlug: string, title: string, random: Random): Palette {
  const hues = huesByCategory[categorySlug] ?? [220, 60, 150]
  const pick = <T>(list: readonly T[]): T => list[nextBelow(random, list.length)]!
  const drift = (span: number) => (random.next() - 0.5) * span
  const spoken = spokenTints.find(([word]) => word.test(title))?.[1]
  const hue = pick(hues) + drift(16)
  const main = spoken ?? tint(0.58 + drift(0.16), 0.085 + drift(0.04), hue)
  const accent = tint(0.72 + drift(0.16), 0.085 + drift(0.03), pick(hues.filter((other) => Math.abs(other - hue) > 20)))
  const wood =
    Object.entries(woods).find(([name]) => title.toLowerCase().includes(name))?.[1] ?? pick(Object.values(woods))
  const wallHue = pick([95, 75, 230, 200, 140, 40]) + drift(14)
  // A wall as light as the thing would swallow it; a wall far lighter than everything gives the grid its calm.
  const wallLightness = main.lightness > 0.85 ? 0.83 : 0.935
  return {
    wall: toHex(tint(wallLightness, 0.022, wallHue)),
    floor: toHex(tint(wallLightness - 0.055, 0.03, wallHue)),
    main: toHex(main),
    mainDeep: toHex(deepen(main)),
    accent: toHex(accent),
    accentDeep: toHex(deepen(accent)),
    wood: toHex(wood),
    woodDeep: toHex(deepen(wood)),
    metal: toHex(tint(0.76, 0.015, 240)),
    metalDeep: toHex(tint(0.56, 0.02, 240)),
    paper: toHex(tint(0.96, 0.018, 90)),
    ink: toHex(tint(0.32, 0.035, 250)),
    leaf: toHex(tint(0.56 + drift(0.1), 0.09, 140 + drift(30))),
  }
}

function deepen(color: Oklch): Oklch {
  return { ...color, lightness: color.lightness * 0.8 }
}
