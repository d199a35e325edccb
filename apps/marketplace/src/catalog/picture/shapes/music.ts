import { box, circle, disc, ellipse, line, path, rect, turned, type Shape } from '../brush.ts'

const guitar: Shape = ({ color, solid, chance }) =>
  turned(
    24,
    solid(box(191, 40, 18, 150, 2), color.woodDeep) +
      solid('M186 22h28l-4 34h-20z', color.ink) +
      [30, 40].map((y) => circle(182, y, 4, color.metal) + circle(218, y, 4, color.metal)).join('') +
      solid(
        'M200 168C240 168 250 196 240 220C262 236 270 262 262 288C254 318 228 328 200 328S146 318 138 288C130 262 138 236 160 220C150 196 160 168 200 168Z',
        chance(0.6) ? color.wood : color.main,
      ) +
      circle(200, 234, 22, color.ink) +
      circle(200, 234, 26, 'none', `stroke="${color.woodDeep}" stroke-width="3"`) +
      solid(box(174, 286, 52, 10, 3), color.ink) +
      line('M194 40V288M200 40V288M206 40V288', color.paper, 1.4),
  )

const record: Shape = ({ color, solid, pick }) => {
  const art = pick([
    () => circle(160, 216, 46, color.accent) + path('M84 230q38-26 76 0t76 0v60H84z', color.mainDeep),
    () =>
      [0, 1, 2, 3, 4].map((ring) => circle(160, 214, 64 - ring * 13, ring % 2 ? color.main : color.accent)).join(''),
    () =>
      [0, 1, 2, 3, 4, 5]
        .map((bar) => rect(96 + bar * 23, 258 - ((bar * 37) % 90), 14, 30 + ((bar * 37) % 90), color.accent))
        .join(''),
    () => path('M84 290L236 138V290Z', color.accent) + circle(122, 180, 22, color.paper),
  ])
  return (
    solid(disc(246, 214, 80), color.ink) +
    [66, 54, 42]
      .map((radius) => circle(246, 214, radius, 'none', 'stroke="#ffffff" stroke-opacity=".12" stroke-width="2"'))
      .join('') +
    circle(246, 214, 26, color.accent) +
    solid(box(82, 132, 156, 164, 2), color.main) +
    art() +
    rect(96, 146, 70, 7, color.paper)
  )
}

const drum: Shape = ({ color, solid }) =>
  solid('M96 186V276Q96 312 200 312T304 276V186Z', color.main) +
  line('M100 196L132 296L166 212L200 306L234 212L268 296L300 196', color.paper, 4) +
  line('M96 276Q96 310 200 310T304 276', color.woodDeep, 12) +
  ellipse(200, 186, 104, 34, color.woodDeep) +
  ellipse(200, 182, 96, 28, color.paper) +
  line('M172 176L304 96M232 184L330 130', color.wood, 7) +
  circle(172, 176, 7, color.wood) +
  circle(232, 184, 7, color.wood)

const concertina: Shape = ({ color, solid, between }) => {
  const folds = between(6, 9)
  const gap = 132 / folds
  const bellows = Array.from({ length: folds }, (_, fold) => {
    const x = 134 + fold * gap
    return solid(
      `M${x} 172L${x + gap / 2} 160L${x + gap} 172V288L${x + gap / 2} 300L${x} 288Z`,
      fold % 2 ? color.accent : color.accentDeep,
    )
  })
  const end = (x: number) =>
    solid(`M${x} 164L${x + 24} 148H${x + 40}V312H${x + 24}L${x} 296Z`, color.main) +
    [184, 208, 232, 256].map((y) => circle(x + 20, y, 5, color.paper)).join('')
  return bellows.join('') + end(96) + `<g transform="matrix(-1 0 0 1 400 0)">${end(96)}</g>`
}

const turntable: Shape = ({ color, solid }) =>
  solid(box(84, 128, 232, 176, 8), color.wood) +
  path(box(94, 138, 212, 156, 5), color.mainDeep) +
  solid(disc(176, 216, 68), color.ink) +
  circle(176, 216, 50, 'none', 'stroke="#ffffff" stroke-opacity=".14" stroke-width="2"') +
  circle(176, 216, 22, color.accent) +
  circle(176, 216, 3, color.paper) +
  circle(278, 164, 16, color.metalDeep) +
  line('M278 164L270 236L226 252', color.metal, 6) +
  circle(274, 274, 8, color.metal) +
  path('M98 304h24v8H98zM278 304h24v8h-24z', color.ink)

export const musicShapes = { guitar, record, drum, concertina, turntable }
