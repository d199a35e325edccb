import { box, circle, disc, line, path, rect, type Shape } from '../brush.ts'

const toyBoat: Shape = ({ color, solid, between }) =>
  solid(box(150, 196, 96, 54, 4), color.paper) +
  [172, 198, 224].map((x) => circle(x, 222, 9, color.ink)).join('') +
  solid(box(164, 162, 62, 38, 4), color.accent) +
  solid(`M186 ${between(106, 124)}h26v50h-26z`, color.main) +
  rect(186, 132, 26, 10, color.paper) +
  line('M296 244V168', color.woodDeep, 5) +
  path('M296 168l34 12l-34 12z', color.accent) +
  solid('M76 240H330C326 280 304 310 270 310H132C104 310 84 280 76 240Z', color.main) +
  path('M84 262H324Q320 274 316 280H90Q86 272 84 262Z', color.paper)

const toyCar: Shape = ({ color, solid, says }) => {
  const wheel = (x: number) => solid(disc(x, 284, 31), color.ink) + circle(x, 284, 13, color.accent)
  const lorry = () =>
    solid(box(88, 160, 148, 96, 5), color.accent) +
    solid('M236 192H288Q312 204 316 240V262H236Z', color.main) +
    path('M252 204H284Q296 212 298 230H252Z', color.paper)
  const car = () =>
    solid(
      'M76 258Q74 222 104 214L136 174Q144 166 160 166H232Q248 166 260 178L290 214Q326 218 326 258V272H76Z',
      color.main,
    ) + path('M148 184H192V214H126ZM204 184H236L260 214H204Z', color.paper)
  return (says('car') ? car() : lorry()) + rect(80, 256, 244, 20, color.mainDeep) + wheel(134) + wheel(270)
}

const blocks: Shape = ({ color, solid, chance }) =>
  solid(box(104, 246, 66, 64, 4), color.main) +
  solid(box(174, 246, 66, 64, 4), color.accent) +
  solid('M244 310V246H310V310H294A17 17 0 0 0 260 310Z', color.leaf) +
  solid(box(138, 180, 66, 64, 4), color.wood) +
  (chance(0.5) ? solid('M208 244L241 182L274 244Z', color.main) : solid(disc(241, 212, 32), color.main)) +
  solid('M138 178L171 116L204 178Z', color.accentDeep) +
  path('M126 294L137 264L148 294M130 284H144', 'none', `stroke="${color.paper}" stroke-width="5"`) +
  circle(207, 278, 13, 'none', `stroke="${color.paper}" stroke-width="5"`)

const kite: Shape = ({ color, solid }) =>
  `<g transform="rotate(18 200 170)">` +
  solid('M200 56L284 148L200 286L116 148Z', color.main) +
  path('M200 56L284 148H200ZM200 148V286L116 148Z', color.accent) +
  line('M200 56V286M116 148H284', color.woodDeep, 4) +
  '</g>' +
  line('M164 280C150 312 200 322 184 348S130 356 134 388', color.ink, 3) +
  [
    [172, 308],
    [186, 340],
    [140, 364],
  ]
    .map(([x, y]) => path(`M${x} ${y}l-15-9v18zM${x} ${y}l15-9v18z`, color.accentDeep))
    .join('')

const chessSet: Shape = ({ color, solid }) => {
  const pawn = (x: number, fill: string) =>
    solid(`M${x - 26} 286h52l-8-16q-12-8-12-40h-12q0 32-12 40z`, fill) + solid(disc(x, 216, 18), fill)
  const board = Array.from({ length: 8 }, (_, square) =>
    rect(72 + square * 32, 286, 32, 16, square % 2 ? color.paper : color.mainDeep),
  ).join('')
  return (
    solid(
      'M166 286h68l-10-18q-14-12-14-88h18l8-40h-28v-14h10v-12h-10v-14h-16v14h-10v12h10v14h-28l8 40h18q0 76-14 88z',
      color.main,
    ) +
    pawn(118, color.accent) +
    pawn(284, color.ink) +
    board +
    rect(66, 300, 268, 12, color.woodDeep)
  )
}

export const toyShapes = {
  'toy-boat': toyBoat,
  'toy-car': toyCar,
  'building-blocks': blocks,
  kite,
  'chess-set': chessSet,
}
