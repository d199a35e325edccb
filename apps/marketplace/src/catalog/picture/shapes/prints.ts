import { box, circle, line, path, rect, type Brush, type Shape } from '../brush.ts'

/** Everything in this department hangs in a frame; the scene is painted on 130..270 × 106..286. */
function framed(scene: (brush: Brush) => string): Shape {
  return (brush) => {
    const { color, pick } = brush
    return (
      path(box(102, 76, 206, 246, 2), '#0c1c2e', 'fill-opacity=".12"') +
      rect(96, 70, 208, 246, pick([color.ink, color.wood, color.woodDeep, color.paper])) +
      rect(106, 80, 188, 226, '#fffdf6') +
      '<clipPath id="scene"><path d="M126 100H274V286H126Z"/></clipPath>' +
      `<g clip-path="url(#scene)">${scene(brush)}</g>` +
      path('M96 316L106 306H294L304 316ZM304 70V316L294 306V80Z', '#0c1c2e', 'fill-opacity=".16"')
    )
  }
}

const seascape = framed(({ color, between, chance }) => {
  const horizon = between(176, 214)
  const waves = [0, 1, 2, 3, 4].map((row) => {
    const y = horizon + 14 + row * 22
    return line(
      `M110 ${y}q14-10 28 0t28 0t28 0t28 0t28 0t28 0t28 0`,
      row % 2 ? color.paper : color.mainDeep,
      3,
      'stroke-opacity=".7"',
    )
  })
  const x = between(160, 240)
  return (
    rect(120, 96, 160, 200, color.accent) +
    circle(between(160, 240), horizon - between(8, 50), between(16, 28), color.paper) +
    rect(120, horizon, 160, 120, color.main) +
    waves.join('') +
    (chance(0.7)
      ? path(`M${x} ${horizon - 46}l28 40h-28zM${x - 4} ${horizon - 36}l-18 30h18z`, color.paper) +
        path(`M${x - 28} ${horizon - 2}h62l-12 14h-40z`, color.ink)
      : '')
  )
})

const landscape = framed(({ color, between, chance }) => {
  const hill = (y: number, fill: string, swing: number) =>
    path(
      `M110 ${y}C150 ${y - swing} 190 ${y - swing} 210 ${y}S260 ${y + swing / 2} 290 ${y - swing / 2}V300H110Z`,
      fill,
    )
  const tree = (x: number, y: number) =>
    rect(x - 2, y - 12, 4, 14, color.woodDeep) + path(`M${x} ${y - 44}l14 36h-28z`, color.ink, 'fill-opacity=".8"')
  const first = between(176, 196)
  return (
    rect(120, 96, 160, 200, color.paper) +
    circle(between(150, 250), between(128, 156), between(14, 24), color.accent) +
    hill(first, color.accent, between(20, 44)) +
    hill(first + 32, color.leaf, between(14, 34)) +
    (chance(0.6) ? tree(between(144, 170), first + 40) + tree(between(176, 196), first + 44) : '') +
    hill(first + 66, color.mainDeep, between(10, 28))
  )
})

const abstract = framed(({ color, between, pick }) => {
  const patch = () => {
    const fill = pick([color.main, color.accent, color.mainDeep, color.accentDeep, color.ink])
    const x = between(120, 230)
    const y = between(96, 250)
    return pick([
      () => circle(x + 20, y + 20, between(18, 44), fill),
      () => rect(x, y, between(28, 80), between(20, 70), fill),
      () => path(`M${x} ${y}a46 46 0 0 1 92 0z`, fill),
      () => line(`M${x} ${y}q30-40 60 0t60 0`, fill, between(5, 14)),
    ])()
  }
  return rect(120, 96, 160, 200, color.paper) + Array.from({ length: between(5, 8) }, patch).join('')
})

const botanical = framed(({ color, between, chance }) => {
  const pairs = between(4, 6)
  const leafSpan = between(30, 46)
  const leaves = Array.from({ length: pairs }, (_, pair) => {
    const y = 258 - pair * (120 / pairs)
    const reach = leafSpan - pair * 4
    const fill = pair % 2 ? color.leaf : color.mainDeep
    return path(
      `M200 ${y}q${reach / 2}-${reach * 0.9} ${reach}-${reach * 0.7}q-4 ${reach * 0.7}-${reach} ${reach * 0.7}zM200 ${y}q-${reach / 2}-${reach * 0.9}-${reach}-${reach * 0.7}q4 ${reach * 0.7} ${reach} ${reach * 0.7}z`,
      fill,
    )
  })
  return (
    rect(120, 96, 160, 200, chance(0.5) ? color.paper : color.wall) +
    line('M200 276V128', color.leaf, 4) +
    leaves.join('') +
    (chance(0.5)
      ? [0, 72, 144, 216, 288]
          .map(
            (turn) =>
              `<ellipse cx="200" cy="116" rx="8" ry="14" fill="${color.accent}" transform="rotate(${turn} 200 130)"/>`,
          )
          .join('') + circle(200, 130, 7, color.accentDeep)
      : '')
  )
})

export const printShapes = { seascape, landscape, abstract, botanical }
