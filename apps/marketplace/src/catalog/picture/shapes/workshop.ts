import { box, circle, line, path, turned, type Shape } from '../brush.ts'

const plane: Shape = ({ color, solid, chance }) =>
  solid('M176 214L214 130L236 140L204 226Z', color.metal) +
  solid('M104 272C104 218 132 218 136 240L144 272Z', color.woodDeep) +
  solid('M246 272C248 232 244 196 262 190C286 186 282 224 298 240C312 254 306 272 306 272Z', color.woodDeep) +
  solid('M72 262H330Q336 284 326 308H80Q66 290 72 262Z', chance(0.5) ? color.main : color.wood) +
  path('M70 302H330V311H70Z', color.metalDeep) +
  path('M164 262L186 226H214L200 262Z', color.ink)

const saw: Shape = ({ color, solid }) => {
  const teeth = 'l-5 9l-5-9'.repeat(22)
  return turned(
    -16,
    solid(`M146 168L366 196V222H366${teeth}L146 246Z`, color.metal) +
      line('M156 180L350 202', '#ffffff', 3, 'stroke-opacity=".4"') +
      solid(
        'M36 196C32 160 66 146 104 152L160 160V252C136 266 116 262 96 272C58 286 40 262 52 242C40 232 38 214 36 196ZM74 198C74 222 86 240 106 236C124 232 126 190 112 180C96 172 74 176 74 198Z',
        color.wood,
      ) +
      circle(140, 184, 4, color.metalDeep) +
      circle(140, 228, 4, color.metalDeep),
  )
}

const hammer: Shape = ({ color, solid, says }) =>
  turned(
    34,
    solid('M190 128H210L216 350Q200 360 184 350Z', color.wood) +
      solid('M187 262H213L216 350Q200 360 184 350Z', color.main) +
      (says('mallet')
        ? solid(box(136, 74, 128, 70, 8), color.woodDeep)
        : solid('M124 88H164V94H222Q262 92 286 128Q246 118 224 126H164V132H124Q116 110 124 88Z', color.metalDeep)),
  )

const chisel: Shape = ({ color, solid }) =>
  turned(
    38,
    solid('M188 182H212V330L188 346Z', color.metal) +
      path('M188 330L212 314V330L188 346Z', '#ffffff', 'fill-opacity=".45"') +
      solid('M184 170H216V186H184Z', color.metalDeep) +
      solid('M182 76Q200 62 218 76Q226 120 214 172H186Q174 120 182 76Z', color.main) +
      path('M181 84H219V96H180Z', color.metalDeep),
  )

const axe: Shape = ({ color, solid }) =>
  turned(
    28,
    solid('M188 74H212C208 160 206 250 222 346Q206 358 190 346C182 250 186 160 188 74Z', color.wood) +
      path('M186 276H212L222 346Q206 358 190 346Z', color.main) +
      solid('M182 84H218V142H182C162 146 142 164 128 178Q104 112 132 56C146 72 164 84 182 84Z', color.metalDeep) +
      line('M128 176Q106 112 132 58', color.metal, 7),
  )

export const workshopShapes = { plane, saw, hammer, chisel, axe }
