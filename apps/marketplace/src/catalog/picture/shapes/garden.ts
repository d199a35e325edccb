import { box, circle, disc, line, path, turned, type Shape } from '../brush.ts'

const planter: Shape = ({ color, decorated, solid, pick }) => {
  const plant = pick([
    () =>
      [-70, -42, -14, 14, 42, 70]
        .map((lean) =>
          path(
            `M200 226Q${200 + lean * 0.4} 140 ${200 + lean * 1.4} ${110 + Math.abs(lean) * 0.7}Q${200 + lean} 170 200 226Z`,
            color.leaf,
          ),
        )
        .join(''),
    () =>
      line('M200 220V120M200 180L158 140M200 160L240 122', color.woodDeep, 5) +
      [
        [158, 132, 26],
        [242, 116, 28],
        [200, 100, 32],
        [196, 152, 24],
      ]
        .map(([x, y, r]) => circle(x!, y!, r!, color.leaf))
        .join(''),
    () =>
      path(
        'M176 224V132Q176 100 200 100T224 132V224ZM224 180h16q14 0 14-16v-20h16v26q0 26-30 26h-16zM176 196h-18q-24 0-24-24v-16h15v14q0 10 12 10h15z',
        color.leaf,
      ) + line('M190 118V216M208 112V216', color.paper, 2, 'stroke-opacity=".5"'),
    () =>
      line('M200 224Q196 170 200 120M200 224Q160 180 150 140M200 224Q240 180 250 144', color.leaf, 6) +
      [
        [200, 112],
        [148, 132],
        [252, 136],
      ]
        .map(([x, y]) => circle(x!, y!, 22, color.accent) + circle(x!, y!, 8, color.paper))
        .join(''),
  ])
  return (
    plant() +
    decorated('M136 236H264L248 304Q246 312 236 312H164Q154 312 152 304Z', color.main) +
    solid(box(126, 216, 148, 28, 5), color.mainDeep)
  )
}

const wateringCan: Shape = ({ color, solid, chance }) =>
  line('M150 196C120 96 246 96 246 190', color.mainDeep, 12) +
  line('M252 206C312 200 312 290 250 286', color.mainDeep, 12) +
  solid('M148 250L84 168L70 178L62 166L102 138L108 150L98 158L160 216Z', color.main) +
  solid('M142 192H258L266 304Q266 312 256 312H144Q134 312 134 304Z', color.main) +
  (chance(0.5)
    ? line('M140 226H262M137 272H265', color.mainDeep, 4)
    : path('M139 240H263L265 268H137Z', color.accent)) +
  path('M142 192H258L256 204H143Z', color.mainDeep)

const trowel: Shape = ({ color, solid, says }) =>
  turned(
    36,
    line('M200 158V214', color.metalDeep, 10) +
      (!says('fork')
        ? solid('M168 206H232C240 260 226 316 200 344C174 316 160 260 168 206Z', color.metal) +
          line('M200 216V318', color.metalDeep, 3)
        : line('M172 340V240Q172 212 200 212T228 240V340M200 212V344', color.metal, 11)) +
      solid('M184 66Q200 52 216 66L220 148Q210 162 200 162T180 148Z', color.wood) +
      path('M181 136L219 136L220 148Q210 162 200 162T180 148Z', color.main) +
      circle(200, 76, 4, color.wall),
  )

const birdhouse: Shape = ({ color, solid, chance }) =>
  solid('M192 296h16v104h-16z', color.woodDeep) +
  solid('M132 176L200 110L268 176V300H132Z', color.main) +
  (chance(0.5) ? line('M155 160V300M178 140V300M222 140V300M245 160V300', color.mainDeep, 2) : '') +
  solid('M200 84L296 176L282 192L200 114L118 192L104 176Z', color.woodDeep) +
  solid(disc(200, 206, 25), color.ink) +
  line('M200 250V262', color.woodDeep, 9) +
  circle(200, 256, 7, color.wood) +
  solid(box(122, 294, 156, 13, 3), color.woodDeep)

/** For things the catalogue has no picture of: a crate with its label, not yet unpacked. */
export const crate: Shape = ({ color, solid }) =>
  solid(box(96, 156, 208, 154, 3), color.woodDeep) +
  [162, 212, 262].map((y) => solid(box(100, y, 200, 42, 2), color.wood)).join('') +
  solid(box(96, 152, 24, 160, 2), color.woodDeep) +
  solid(box(280, 152, 24, 160, 2), color.woodDeep) +
  path(box(158, 196, 84, 66, 3), color.paper) +
  line('M172 214H228M172 228H228M172 242H206', color.ink, 3, 'stroke-opacity=".55"')

export const gardenShapes = { planter, 'watering-can': wateringCan, trowel, birdhouse }
