import { box, circle, line, path, rect, type Shape } from '../brush.ts'

const sweater =
  'M152 104Q200 134 248 104L292 128Q318 190 330 268L294 280L270 206V312H130V206L106 280L70 268Q82 190 108 128Z'

const jumper: Shape = ({ color, solid, pick }) => {
  const stripes = () => [150, 176, 202, 228, 254, 280].map((y) => rect(60, y, 290, 10, color.paper)).join('')
  const yoke = () =>
    path('M60 170Q200 210 340 170V100H60Z', color.accent) +
    line(
      'M90 176l14 14l14-14l14 14l14-14l14 14l14-14l14 14l14-14l14 14l14-14l14 14l14-14l14 14l14-14l14 14',
      color.paper,
      4,
    )
  const cables = () =>
    [165, 200, 235].map((x) => line(`M${x} 130q12 16 0 32t0 32t0 32t0 32t0 32t0 32`, color.mainDeep, 6)).join('')
  return (
    `<clipPath id="sweater"><path d="${sweater}"/></clipPath>` +
    path(sweater, color.main) +
    `<g clip-path="url(#sweater)">${pick([stripes, yoke, cables])()}${rect(120, 298, 160, 16, color.mainDeep)}</g>` +
    solid(sweater, 'none') +
    line('M154 108Q200 138 246 108', color.mainDeep, 10) +
    line('M130 214V300M270 214V300', color.mainDeep, 2)
  )
}

const jacket: Shape = ({ color, solid, chance }) => {
  const buttons = [160, 196, 232, 268].map((y) => circle(212, y, 5, color.accent)).join('')
  return (
    solid('M152 100Q200 112 248 100L296 128L322 284L286 290L272 208V316H128V208L114 290L78 284L104 128Z', color.main) +
    (chance(0.4) ? line('M122 160Q200 176 278 160', color.accent, 12) : '') +
    line('M200 124V314', color.mainDeep, 4) +
    (chance(0.5) ? buttons : line('M200 128V310', color.metal, 3, 'stroke-dasharray="1 6"')) +
    solid('M152 98L200 128L248 98L256 122L214 150L200 130L186 150L144 122Z', color.mainDeep) +
    path(box(144, 244, 40, 42, 4), color.mainDeep) +
    path(box(216, 244, 40, 42, 4), color.mainDeep) +
    line('M144 256H184M216 256H256', color.main, 2)
  )
}

const boots: Shape = ({ color, solid }) => {
  const boot = (shift: number) =>
    `<g transform="translate(${shift} 0)">` +
    solid('M132 138H196V236C214 250 244 252 252 280V298H132Z', color.main) +
    path('M128 296H256V310H128Z', color.ink) +
    line('M178 168L200 178M178 190L200 200M178 212L204 222', color.paper, 4) +
    path('M128 132H200V150H128Z', color.mainDeep) +
    '</g>'
  return boot(44) + boot(-40)
}

const cap: Shape = ({ color, decorated, solid, chance }) =>
  (chance(0.6) ? circle(200, 110, 27, color.accent) + circle(194, 104, 27, color.paper, 'fill-opacity=".25"') : '') +
  decorated('M106 262C104 172 146 124 200 124S296 172 294 262Z', color.main) +
  solid(box(94, 246, 212, 52, 16), color.mainDeep) +
  line('M120 256V288M146 256V288M172 256V288M198 256V288M224 256V288M250 256V288M276 256V288', color.main, 5)

const bag: Shape = ({ color, decorated, solid, says }) =>
  line('M156 180C150 76 250 76 244 180', color.woodDeep, 10) +
  decorated('M108 164H292L306 296Q306 312 288 312H112Q94 312 94 296Z', color.main) +
  (says('satchel') || says('rucksack')
    ? solid('M108 164H292L288 232Q200 256 112 232Z', color.mainDeep) + solid(box(188, 224, 24, 32, 4), color.metal)
    : solid(box(146, 214, 108, 74, 6), color.mainDeep) + line('M150 228H250', color.paper, 2, 'stroke-dasharray="5 5"'))

export const clothingShapes = { jumper, jacket, boots, cap, bag }
