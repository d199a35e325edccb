import { box, circle, disc, ellipse, line, path, type Shape } from '../brush.ts'

function spokes(x: number, y: number, radius: number, count: number): string {
  return Array.from({ length: count }, (_, spoke) => {
    const angle = (spoke / count) * Math.PI
    const dx = (radius * Math.cos(angle)).toFixed(1)
    const dy = (radius * Math.sin(angle)).toFixed(1)
    return `M${x} ${y}l${dx} ${dy}M${x} ${y}l${-Number(dx)} ${-Number(dy)}`
  }).join('')
}

const bicycle: Shape = ({ color, chance }) => {
  const wheel = (x: number) =>
    circle(x, 252, 56, 'none', `stroke="${color.ink}" stroke-width="8"`) +
    line(spokes(x, 252, 52, 8), color.metalDeep, 1.4) +
    circle(x, 252, 6, color.metalDeep)
  const frame = chance(0.5)
    ? 'M112 252L164 178H252M112 252H188L252 178M188 252L156 160M288 252L246 148'
    : 'M112 252L158 186M112 252H190L256 192M190 252L156 160M162 190Q200 236 254 182M288 252L246 148'
  return (
    wheel(112) +
    wheel(288) +
    line(frame, color.main, 9) +
    line('M246 150L240 132L270 126', color.metalDeep, 7) +
    line('M270 126h14', color.woodDeep, 9) +
    path('M132 156Q156 146 186 156Q172 168 140 166Z', color.woodDeep) +
    circle(189, 252, 16, color.metalDeep) +
    line('M189 252L204 280M198 281h14', color.ink, 5) +
    (chance(0.4) ? path('M262 150h54l-8 38h-40z', color.wood) + line('M264 162h50M267 174h46', color.woodDeep, 3) : '')
  )
}

const saddle: Shape = ({ color, solid }) =>
  line('M140 254Q150 286 200 290T292 240', color.metal, 8) +
  line('M158 246V296Q158 306 170 306H214', color.metalDeep, 8) +
  circle(158, 292, 14, 'none', `stroke="${color.metalDeep}" stroke-width="6"`) +
  solid(
    'M78 196C76 168 118 158 150 172C190 190 250 186 312 184Q340 188 332 204C300 212 254 214 226 232C196 252 160 268 128 262C96 256 80 232 78 196Z',
    color.main,
  ) +
  [108, 124].map((x) => circle(x, 204, 4, '#c79a4b')).join('') +
  circle(312, 206, 4, '#c79a4b') +
  line('M110 232Q170 250 214 226', color.mainDeep, 3)

const bell: Shape = ({ color, solid, chance }) =>
  line('M262 250Q318 244 322 214', color.metalDeep, 10) +
  circle(322, 208, 13, color.ink) +
  path('M170 286h60v16q-30 14-60 0z', color.metalDeep) +
  solid('M98 278C98 196 142 152 200 152S302 196 302 278Z', chance(0.5) ? '#c79a4b' : color.main) +
  solid(box(88, 270, 224, 18, 8), color.metalDeep) +
  ellipse(200, 156, 16, 8, color.metalDeep) +
  line('M128 250Q132 200 170 180', '#ffffff', 9, 'stroke-opacity=".4"')

const wheel: Shape = ({ color, solid }) =>
  solid(disc(200, 204, 108), color.ink) +
  circle(200, 204, 96, color.main) +
  circle(200, 204, 86, color.wall) +
  line(spokes(200, 204, 86, 14), color.metalDeep, 2) +
  circle(200, 204, 15, color.metal) +
  circle(200, 204, 6, color.metalDeep)

export const cyclingShapes = { bicycle, saddle, bell, wheel }
