import { box, circle, line, path, rect, type Shape } from '../brush.ts'

const chair: Shape = ({ color, solid, pick }) => {
  const slats = () => [118, 148, 178].map((y) => solid(box(150, y, 100, 15), color.wood)).join('')
  const spindles = () =>
    solid(box(146, 104, 108, 20, 8), color.wood) +
    [170, 190, 210, 230].map((x) => rect(x - 3, 122, 6, 96, color.wood)).join('')
  const panel = () => solid(box(150, 108, 100, 92, 10), color.main)
  return (
    rect(154, 240, 10, 60, color.woodDeep) +
    rect(236, 240, 10, 60, color.woodDeep) +
    solid('M146 96h12v128h-12zM242 96h12v128h-12z', color.woodDeep) +
    pick([slats, spindles, panel])() +
    solid('M134 240h12v72h-12zM254 240h12v72h-12z', color.wood) +
    rect(146, 276, 108, 7, color.woodDeep) +
    solid('M140 214H260L274 240Q200 250 126 240Z', color.main)
  )
}

const stool: Shape = ({ color, solid, chance }) =>
  path('M194 214h12l4 88h-20z', color.woodDeep) +
  solid('M150 212h16l-24 100h-15zM234 212h16l23 100h-15z', color.wood) +
  line('M146 270H254', color.woodDeep, 7) +
  solid('M122 196Q122 182 200 182T278 196Q278 216 200 216T122 196Z', chance(0.5) ? color.main : color.wood)

const table: Shape = ({ color, solid, chance, says }) =>
  solid('M104 196h16l-8 116h-10zM280 196h16l2 116h-10z', color.wood) +
  solid(box(104, 194, 192, 34, 2), color.woodDeep) +
  (says('desk') ? solid(box(158, 199, 84, 24, 2), color.wood) + circle(200, 211, 4, color.metal) : '') +
  solid(box(78, 180, 244, 17, 4), color.wood) +
  (chance(0.5)
    ? solid('M222 180l-6-30q14-12 30 0l-6 30z', color.accent) +
      line('M230 150q-4-30 12-44M232 150q12-18 26-20', color.leaf, 5)
    : '')

const chest: Shape = ({ color, solid, pick }) => {
  const drawers = pick([2, 3, 4])
  const height = Math.floor(142 / drawers)
  const fronts = Array.from({ length: drawers }, (_, index) => {
    const y = 150 + index * height
    const knobY = y + height / 2 - 3
    return (
      solid(box(112, y, 176, height - 7, 2), color.main) +
      circle(160, knobY, 5, color.paper) +
      circle(240, knobY, 5, color.paper)
    )
  })
  return (
    solid('M116 296h14l-4 16h-8zM270 296h14l-2 16h-8z', color.woodDeep) +
    solid(box(100, 142, 200, 156, 4), color.wood) +
    fronts.join('') +
    solid(box(94, 132, 212, 13, 3), color.woodDeep)
  )
}

const shelf: Shape = ({ color, solid, between, pick }) => {
  const boards = [148, 202, 256]
  const goods = boards.flatMap((board) => {
    const row: string[] = []
    for (let x = 130; x < 252;) {
      const width = between(9, 18)
      const height = between(24, 42)
      row.push(
        rect(
          x,
          board - height,
          width,
          height,
          pick([color.main, color.accent, color.mainDeep, color.paper, color.accentDeep]),
        ),
      )
      x += width + pick([1, 1, 1, 22])
    }
    return row
  })
  return (
    rect(116, 96, 168, 206, color.woodDeep) +
    path('M124 104h152v190h-152z', '#0c1c2e', 'fill-opacity=".22"') +
    goods.join('') +
    boards.map((y) => rect(122, y, 156, 8, color.wood)).join('') +
    solid('M110 92h14v220h-14zM276 92h14v220h-14zM110 90h180v12h-180zM116 294h168v10h-168z', color.wood)
  )
}

export const furnitureShapes = { chair, stool, table, chest, shelf }
