import { createSeededRandom } from '@plimsoll/core'
import { kindOf } from '../kind-of.ts'
import { createBrush, ellipse, type Shape } from './brush.ts'
import { choosePalette } from './palette.ts'
import { boatingShapes } from './shapes/boating.ts'
import { bookShapes } from './shapes/books.ts'
import { clothingShapes } from './shapes/clothing.ts'
import { cyclingShapes } from './shapes/cycling.ts'
import { furnitureShapes } from './shapes/furniture.ts'
import { crate, gardenShapes } from './shapes/garden.ts'
import { kitchenShapes } from './shapes/kitchen.ts'
import { lightingShapes } from './shapes/lighting.ts'
import { musicShapes } from './shapes/music.ts'
import { printShapes } from './shapes/prints.ts'
import { toyShapes } from './shapes/toys.ts'
import { workshopShapes } from './shapes/workshop.ts'

export const shapes: Readonly<Record<string, Shape>> = {
  ...kitchenShapes,
  ...furnitureShapes,
  ...lightingShapes,
  ...clothingShapes,
  ...bookShapes,
  ...musicShapes,
  ...workshopShapes,
  ...boatingShapes,
  ...toyShapes,
  ...printShapes,
  ...cyclingShapes,
  ...gardenShapes,
}

/** What hangs or flies throws no shadow on the floor. */
const floating = new Set(['pendant', 'kite', 'seascape', 'landscape', 'abstract', 'botanical', 'birdhouse'])

/** Shapes that reach far to the sides or to the top; all others are drawn larger, so that a grid of them fills its tiles evenly. */
const broad = new Set([
  'saw', 'bicycle', 'guitar', 'paddle', 'saddle', 'lantern', 'kite', 'chart', 'planter', 'table', 'watering-can', 'birdhouse',
  'pan', 'axe', 'hammer', 'chisel', 'trowel',
]) // prettier-ignore

export interface PictureSubject {
  /** The listing's id: the same listing always has the same picture. */
  id: number
  title: string
  categorySlug: string
}

/**
 * Draws a listing as an SVG of 1–8 KB: its kind gives the shape, the title may name the colour, the id all the rest. The
 * title is not written into it, so nothing a seller typed reaches the file.
 */
export function drawPicture({ id, title, categorySlug }: PictureSubject): string {
  const random = createSeededRandom(Math.imul(id + 1, 0x9e3779b1))
  const color = choosePalette(categorySlug, title, random)
  const kind = kindOf(title)
  const brush = createBrush(color, random, title)
  const shape = (kind === null ? undefined : shapes[kind]) ?? crate
  const thing = shape(brush)
  const size = kind !== null && broad.has(kind) ? 1.06 : 1.2
  const wide = (size * (0.96 + random.next() * 0.08)).toFixed(3)
  const tall = (size * (0.95 + random.next() * 0.09)).toFixed(3)
  const mirrored = random.next() < 0.3 ? '-' : ''
  const isFloating = kind !== null && floating.has(kind)
  // What stands, stands on y = 328; what hangs is centred, and a lamp hangs from the top.
  const place = isFloating && kind !== 'pendant' && kind !== 'birdhouse' ? 'translate(200 200)' : 'translate(200 328)'
  const origin =
    isFloating && kind !== 'pendant' && kind !== 'birdhouse' ? 'translate(-200 -200)' : 'translate(-200 -310)'
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="800" height="800">' +
    '<clipPath id="shade"><path d="M232 0C214 120 214 300 232 400H400V0Z"/></clipPath>' +
    `<rect width="400" height="400" fill="${color.wall}"/>` +
    (isFloating
      ? ''
      : `<rect y="292" width="400" height="108" fill="${color.floor}"/>` +
        ellipse(206, 331, 138, 13, '#0c1c2e', 'fill-opacity=".16"')) +
    `<g transform="${place} scale(${mirrored}${wide} ${tall}) ${origin}">${thing}</g></svg>`
  )
}
