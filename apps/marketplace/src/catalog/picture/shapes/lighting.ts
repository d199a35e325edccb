import { box, circle, ellipse, line, path, type Shape } from '../brush.ts'

const glow = (x: number, y: number, radius: number) => circle(x, y, radius, '#ffdf94', 'fill-opacity=".4"')
const flame = (x: number, y: number) =>
  path(`M${x} ${y}q-13-16 0-38q13 22 0 38z`, '#f0a63a') + path(`M${x} ${y}q-6-9 0-20q6 11 0 20z`, '#fff0c2')

const tableLamp: Shape = ({ color, solid, decorated, pick }) => {
  const foot = pick([
    'M200 196C164 208 152 236 152 262S172 304 180 310H220C228 304 248 288 248 262S236 208 200 196Z',
    'M190 190h20v96q40 2 44 24H146q4-22 44-24z',
    'M188 190h24l-6 22q34 20 34 60q0 30-20 38h-40q-20-8-20-38q0-40 34-60z',
  ])
  return (
    glow(200, 160, 128) +
    decorated(foot, color.main) +
    solid('M158 92H242L276 196Q200 210 124 196Z', color.paper) +
    line('M126 192Q200 206 274 192', color.accentDeep, 6)
  )
}

const pendant: Shape = ({ color, solid, pick }) => {
  const dome = pick([
    'M108 236C112 168 152 140 186 134V122H214V134C248 140 288 168 292 236Z',
    'M128 240L180 138V122H220V138L272 240Z',
    'M120 200Q124 150 186 140V122H214V140Q276 150 280 200L292 226H108Z',
  ])
  return (
    path('M118 236L40 400H360L282 236Z', '#ffdf94', 'fill-opacity=".28"') +
    line('M200 0V124', color.ink, 4) +
    circle(200, 238, 22, '#fff0c2') +
    solid(dome, color.main)
  )
}

const lantern: Shape = ({ color, solid }) =>
  glow(200, 214, 118) +
  line('M150 146C150 66 250 66 250 146', color.metalDeep, 6) +
  path('M158 262C136 222 152 176 168 164H232C248 176 264 222 242 262Z', '#fdf3d7', 'fill-opacity=".85"') +
  flame(200, 246) +
  line('M158 262C136 222 152 176 168 164M242 262C264 222 248 176 232 164M148 216H252', color.mainDeep, 5) +
  solid('M160 168L172 138H228L240 168Z', color.main) +
  solid(box(180, 122, 40, 18, 6), color.mainDeep) +
  solid('M150 258H250L264 310H136Z', color.main)

const candlestick: Shape = ({ color, solid, chance }) =>
  glow(200, 96, 74) +
  flame(200, 116) +
  solid(box(186, 116, 28, 76, 3), color.paper) +
  solid('M170 190H230L222 208H178Z', color.main) +
  (chance(0.5)
    ? solid('M192 206h16l4 30q14 8 0 18l-4 34h-16l-4-34q-14-10 0-18z', color.main)
    : line('M232 300C290 300 290 250 246 262', color.mainDeep, 9) + solid('M192 206h16v84h-16z', color.main)) +
  ellipse(200, 300, 66, 12, color.mainDeep) +
  solid('M134 298Q200 268 266 298Q200 316 134 298Z', color.main)

export const lightingShapes = { 'table-lamp': tableLamp, pendant, lantern, candlestick }
