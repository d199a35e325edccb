import { box, circle, disc, ellipse, line, path, rect, turned, type Shape } from '../brush.ts'

const brass = '#c79a4b'

/** A round brass case, with the dial of what the title says it is. */
const compass: Shape = ({ color, solid, between, says }) => {
  const at = (degrees: number, radius: number) => {
    const angle = ((degrees - 90) * Math.PI) / 180
    return `${(200 + radius * Math.cos(angle)).toFixed(1)} ${(212 + radius * Math.sin(angle)).toFixed(1)}`
  }
  const ticks = (from: number, to: number, step: number, long: number) =>
    Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => {
      const degrees = from + index * step
      return `M${at(degrees, degrees % long === 0 ? 62 : 70)}L${at(degrees, 77)}`
    }).join('')
  const hand = (degrees: number, length: number, width: number, stroke = color.ink) =>
    line(`M${at(degrees + 180, 12)}L${at(degrees, length)}`, stroke, width)
  const clock = () =>
    line(ticks(0, 330, 30, 90), color.ink, 4) + hand(between(0, 11) * 30, 40, 7) + hand(between(0, 59) * 6, 62, 4)
  const barometer = () =>
    line(ticks(-130, 130, 10, 50), color.ink, 3) +
    line(`M${at(-130, 52)}A52 52 0 0 1 ${at(0, 52)}`, color.accent, 8) +
    hand(between(-100, 100), 66, 4, color.main) +
    hand(between(-60, 60), 48, 3, brass)
  const rose = () =>
    line(ticks(0, 345, 15, 90), color.ink, 3) +
    `<g transform="rotate(${between(-60, 60)} 200 212)">${path('M200 150L212 212H188Z', color.main)}${path('M200 274L212 212H188Z', color.ink)}</g>`
  return (
    circle(200, 100, 15, 'none', `stroke="${color.woodDeep}" stroke-width="7"`) +
    solid(disc(200, 212, 99), brass) +
    circle(200, 212, 84, color.paper) +
    (says('clock') ? clock() : says('barometer') ? barometer() : rose()) +
    circle(200, 212, 8, brass)
  )
}

const rope: Shape = ({ color }) => {
  // A coil seen a little from above: rings stacked from the floor up, each with the slanting lay of the strands.
  const strand = (outline: string) =>
    line(outline, color.accentDeep, 24) +
    line(outline, color.accent, 19) +
    path(outline, 'none', `stroke="${color.accentDeep}" stroke-width="19" stroke-dasharray="2 13" stroke-opacity=".55"`)
  const ring = (radius: number, y: number) =>
    `M${200 - radius} ${y}a${radius} ${Math.round(radius * 0.36)} 0 1 0 ${2 * radius} 0a${radius} ${Math.round(radius * 0.36)} 0 1 0 ${-2 * radius} 0z`
  return (
    strand('M292 276C344 280 352 314 310 318S244 310 214 322') +
    line('M236 314Q226 316 214 322', color.main, 25) +
    strand(ring(104, 270)) +
    strand(ring(102, 248)) +
    strand(ring(99, 226)) +
    strand(ring(96, 204)) +
    strand(ring(66, 202)) +
    strand('M150 210C150 130 250 130 250 204')
  )
}

const paddle: Shape = ({ color, solid, says }) => {
  const one =
    solid('M194 96H206V262H194Z', color.wood) +
    solid('M178 84H222V100H178Z', color.woodDeep) +
    solid('M192 236H208C232 250 234 300 226 342Q200 360 174 342C166 300 168 250 192 236Z', color.wood) +
    path('M171 296H229Q230 320 226 342Q200 360 174 342Q170 320 171 296Z', color.main) +
    path('M170 284H230V292H170Z', color.paper)
  return says('pair') ? turned(22, one) + turned(-22, one) : turned(32, one)
}

const anchor: Shape = ({ color, solid }) =>
  circle(200, 92, 20, 'none', `stroke="${color.mainDeep}" stroke-width="10"`) +
  solid('M191 110H209V300H191Z', color.main) +
  solid(box(138, 136, 124, 18, 8), color.woodDeep) +
  line('M106 224C112 284 152 306 200 308S288 284 294 224', color.main, 19) +
  solid('M106 196L136 248L82 244Z', color.mainDeep) +
  solid('M294 196L318 244L264 248Z', color.mainDeep) +
  line('M214 92C270 80 290 108 270 128', color.accent, 7)

const buoy: Shape = ({ color, solid, says }) =>
  !says('buoy')
    ? circle(200, 116, 17, 'none', `stroke="${color.ink}" stroke-width="8"`) +
      solid('M184 130H216V152H184Z', color.ink) +
      solid('M200 148C262 148 290 190 290 232S256 312 200 312S110 274 110 232S138 148 200 148Z', color.main) +
      path('M111 220H289Q292 240 284 258H116Q108 240 111 220Z', color.paper) +
      line('M140 202Q152 174 182 166', '#ffffff', 8, 'stroke-opacity=".35"')
    : circle(200, 212, 72, 'none', `stroke="${color.main}" stroke-width="50"`) +
      circle(
        200,
        212,
        72,
        'none',
        `stroke="${color.paper}" stroke-width="50" stroke-dasharray="44 69.1" stroke-dashoffset="22"`,
      ) +
      circle(200, 212, 104, 'none', `stroke="${color.woodDeep}" stroke-width="5" stroke-dasharray="70 12"`) +
      path('M200 115a97 97 0 0 1 0 194v-50a47 47 0 0 0 0-94z', '#0c1c2e', 'fill-opacity=".13"')

const shipModel: Shape = ({ color, solid, chance }) =>
  rect(140, 298, 120, 12, color.woodDeep) +
  path('M164 300L172 276H180L184 300ZM216 300L220 276H228L236 300Z', color.woodDeep) +
  line(chance(0.5) ? 'M200 236V66' : 'M200 236V76M150 236V112', color.woodDeep, 6) +
  solid('M208 76Q286 140 292 226H208Z', color.paper) +
  solid('M192 96Q150 150 116 226H192Z', color.accent) +
  path('M200 60L226 70L200 80Z', color.main) +
  solid('M84 236H322C312 264 290 284 256 286H142C112 284 94 262 84 236Z', color.main) +
  line('M90 246H318', color.paper, 4) +
  ellipse(200, 286, 40, 2, color.woodDeep)

export const boatingShapes = { compass, rope, paddle, anchor, buoy, 'ship-model': shipModel }
