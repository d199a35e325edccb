import { circle, disc, ellipse, line, path, type Shape } from '../brush.ts'

const teapot: Shape = ({ color, decorated, solid, chance }) =>
  line('M130 205C72 180 66 275 134 268', chance(0.5) ? color.mainDeep : color.wood, 14) +
  solid('M268 232C300 224 306 196 316 168L340 176C332 216 318 262 262 276Z', color.mainDeep) +
  decorated('M118 238C118 182 156 164 200 164S282 182 282 238C282 292 250 310 200 310S118 292 118 238Z', color.main) +
  solid('M156 172C162 148 238 148 244 172Q200 184 156 172Z', color.mainDeep) +
  circle(200, 143, 11, color.accentDeep)

const mug: Shape = ({ color, decorated, between }) => {
  const top = between(185, 210)
  return (
    line(`M246 ${top + 22}C304 ${top + 8} 304 288 244 282`, color.mainDeep, 15) +
    decorated(`M136 ${top}H252V284Q252 310 226 310H162Q136 310 136 284Z`, color.main) +
    ellipse(194, top, 58, 11, color.mainDeep) +
    ellipse(194, top + 2, 49, 7, color.ink, 'fill-opacity=".55"')
  )
}

const bowl: Shape = ({ color, decorated, solid }) =>
  solid('M160 296H240L248 312H152Z', color.mainDeep) +
  decorated('M92 212H308C304 272 262 302 200 302S96 272 92 212Z', color.main) +
  ellipse(200, 212, 108, 17, color.mainDeep) +
  ellipse(200, 214, 96, 12, color.accent)

const jug: Shape = ({ color, decorated }) =>
  line('M244 168C318 160 312 262 254 264', color.mainDeep, 14) +
  decorated(
    'M134 122L246 132Q240 160 244 176C248 200 268 218 268 254C268 296 242 310 200 310S134 296 134 254C134 214 160 196 156 152Z',
    color.main,
  ) +
  path('M134 122L246 132Q196 146 156 152Z', color.mainDeep)

const plate: Shape = ({ color, solid, chance, between }) => {
  const petals = between(8, 16)
  const motif = Array.from({ length: petals }, (_, index) => {
    const angle = (index / petals) * 2 * Math.PI
    return circle(
      Math.round(200 + 82 * Math.cos(angle)),
      Math.round(208 + 82 * Math.sin(angle)),
      chance(0.1) ? 3 : 6,
      color.accent,
    )
  })
  return (
    solid(disc(200, 208, 103), color.main) +
    motif.join('') +
    circle(200, 208, 62, 'none', `stroke="${color.mainDeep}" stroke-width="3"`) +
    (chance(0.5)
      ? line('M172 222Q200 170 232 196M200 234Q206 206 232 196', color.accentDeep, 5)
      : circle(200, 208, 26, color.accent))
  )
}

const pan: Shape = ({ color, solid, chance }) => {
  const body = chance(0.5) ? color.ink : color.main
  return (
    line('M244 176L330 92', color.woodDeep, 22) +
    line('M318 104L330 92', color.wood, 22) +
    circle(330, 92, 5, color.wall) +
    solid(disc(178, 238, 94), body) +
    circle(178, 238, 76, '#000000', 'fill-opacity=".22"') +
    line('M124 222Q140 184 178 178', '#ffffff', 5, 'stroke-opacity=".25"')
  )
}

export const kitchenShapes = { teapot, mug, bowl, jug, plate, pan }
