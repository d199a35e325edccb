import { box, circle, line, path, rect, type Shape } from '../brush.ts'

const book: Shape = ({ color, solid, pick, chance }) => {
  const emblem = pick([
    () => circle(212, 226, 30, color.accent) + line('M188 232q12-14 24 0t24 0', color.paper, 5),
    () => path('M212 186l36 62h-72z', color.accent),
    () => line('M212 250V196M212 220q22-4 24-24q-22 2-24 24M212 236q-22-4-24-24q22 2 24 24', color.accent, 6),
    () => [0, 1, 2, 3].map((step) => rect(170, 190 + step * 18, 84, 8, color.accent)).join(''),
  ])
  return (
    path('M140 306L284 306V298L292 296V118L284 112Z', color.paper) +
    solid(box(128, 104, 156, 200, 5), color.main) +
    rect(128, 104, 18, 200, color.mainDeep) +
    rect(168, 132, 88, 11, color.paper) +
    rect(168, 151, chance(0.5) ? 60 : 74, 6, color.paper) +
    emblem() +
    path('M134 304H288V310H134Z', color.mainDeep)
  )
}

const books: Shape = ({ color, solid, between, pick }) => {
  let out = ''
  for (let y = 310, count = between(4, 6); count > 0; count--) {
    const height = between(22, 36)
    const width = between(150, 206)
    const x = 200 - width / 2 + between(-14, 14)
    y -= height
    const cover = pick([color.main, color.accent, color.mainDeep, color.accentDeep, color.ink])
    out += solid(box(x, y, width, height - 1, 4), cover)
    out += rect(x + 16, y + 3, 5, height - 7, color.paper) + rect(x + width - 24, y + 3, 5, height - 7, color.paper)
    out += rect(x + 42, y + height / 2 - 3, width - 110, 5, color.paper, 'fill-opacity=".8"')
  }
  return out
}

const chart: Shape = ({ color, between, solid }) => {
  const bend = between(-24, 24)
  const coast = `M70 ${150 + bend}C120 ${120 + bend} 130 190 176 ${176 - bend}S236 126 270 ${150 + bend}S318 140 330 120V100H70Z`
  return (
    solid(
      'M64 112L112 96L156 112L200 96L244 112L288 96L336 112V304L288 290L244 304L200 290L156 304L112 290L64 304Z',
      color.paper,
    ) +
    '<g clip-path="url(#sheet)">' +
    path(coast, color.accent) +
    line(coast, color.accentDeep, 3) +
    [26, 54, 86]
      .map((depth) => `<g transform="translate(0 ${depth})">${line(coast, color.main, 2, 'stroke-opacity=".45"')}</g>`)
      .join('') +
    '</g>' +
    '<clipPath id="sheet"><path d="M70 116L112 102L156 118L200 102L244 118L288 102L330 116V296L288 284L244 298L200 284L156 298L112 284L70 296Z"/></clipPath>' +
    `<g transform="translate(270 244)">${path('M0-30L6-6L30 0L6 6L0 30L-6 6L-30 0L-6-6Z', color.mainDeep)}${circle(0, 0, 4, color.paper)}</g>` +
    line('M92 260L150 226L196 250', color.ink, 2, 'stroke-dasharray="6 6"') +
    path(
      'M112 96L156 112V304L112 290ZM200 96L244 112V304L200 290ZM288 96L336 112V304L288 290Z',
      '#0c1c2e',
      'fill-opacity=".05"',
    )
  )
}

const notebook: Shape = ({ color, solid, chance }) =>
  path('M236 300h14v34l-7-8l-7 8z', color.accent) +
  solid(box(124, 112, 152, 198, 12), color.main) +
  rect(124, 122, 14, 178, color.mainDeep) +
  (chance(0.6)
    ? path(box(164, 146, 84, 44, 4), color.paper) +
      line('M176 162H236M176 174H220', color.ink, 2, 'stroke-opacity=".5"')
    : line('M164 150q20-16 42 0t42 0M164 168q20-16 42 0t42 0', color.accent, 5)) +
  rect(254, 112, 9, 198, color.accentDeep)

export const bookShapes = { book, books, chart, notebook }
