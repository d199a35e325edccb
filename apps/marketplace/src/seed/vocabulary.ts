/** The words seeded listings are made of. Shops are called after places and trades, never after people. */

interface CategoryWords {
  materials: readonly string[]
  qualities: readonly string[]
  trades: readonly string[]
  /** Price of the usual piece in cents; prices spread around it log-normally. */
  usualCents: number
}

export const categoryWords: Readonly<Record<string, CategoryWords>> = {
  kitchen: {
    materials: ['stoneware', 'porcelain', 'enamel', 'copper', 'cast-iron', 'beech', 'olive-wood', 'earthenware'],
    qualities: [
      'Salt-glazed',
      'Hand-thrown',
      'Blue-rimmed',
      'Ash-glazed',
      'Speckled',
      'Stackable',
      'Wide-lipped',
      'Slip-trailed',
    ],
    trades: ['Pottery', 'Kitchen Stores'],
    usualCents: 3200,
  },
  furniture: {
    materials: ['oak', 'ash', 'elm', 'pine', 'walnut', 'teak', 'bentwood', 'steel'],
    qualities: ['Three-legged', 'Ladder-back', 'Waxed', 'Limed', 'Dovetailed', 'Folding', 'Painted', 'Low'],
    trades: ['Joinery', 'Furniture Rooms'],
    usualCents: 14500,
  },
  lighting: {
    materials: ['brass', 'glass', 'paper', 'tin', 'linen', 'copper', 'ceramic', 'driftwood'],
    qualities: ['Rewired', 'Dimmable', 'Ribbed', 'Opal', 'Ship-pattern', 'Swing-arm', 'Hand-blown', 'Galvanised'],
    trades: ['Lamp Works', 'Chandlery'],
    usualCents: 6800,
  },
  clothing: {
    materials: ['wool', 'waxed-cotton', 'linen', 'canvas', 'leather', 'merino', 'denim', 'tweed'],
    qualities: ['Cable-knit', 'Lined', 'Double-breasted', 'Fisherman', 'Rib-knit', 'Mended', 'Roomy', 'Storm'],
    trades: ['Outfitters', 'Knitters'],
    usualCents: 5400,
  },
  books: {
    materials: [
      'cloth-bound',
      'paperback',
      'leather-bound',
      'rag-paper',
      'hardback',
      'laid-paper',
      'quarter-bound',
      'card',
    ],
    qualities: ['Illustrated', 'Coastal', 'Annotated', 'First-edition', 'Folded', 'Pocket', 'Tidal', 'Unruled'],
    trades: ['Books', 'Chart Room'],
    usualCents: 1800,
  },
  music: {
    materials: ['spruce', 'mahogany', 'maple', 'vinyl', 'rosewood', 'birch', 'bakelite', 'calfskin'],
    qualities: ['Parlour', 'Restrung', 'Mono', 'Travelling', 'Well-played', 'Tuned', 'Stereo', 'Sunburst'],
    trades: ['Music Room', 'Instrument Repairs'],
    usualCents: 12500,
  },
  workshop: {
    materials: ['carbon-steel', 'beech', 'hickory', 'cast-iron', 'ash', 'boxwood', 'tool-steel', 'brass-backed'],
    qualities: ['Sharpened', 'Rehandled', 'Adjustable', 'Fine-toothed', 'Forged', 'Low-angle', 'Wide', 'Balanced'],
    trades: ['Tool Stores', 'Forge'],
    usualCents: 4600,
  },
  boating: {
    materials: ['brass', 'manila', 'galvanised', 'spruce', 'hemp', 'bronze', 'cork', 'teak'],
    qualities: ['Three-strand', 'Gimballed', 'Weathered', 'Tarred', 'Folding', 'Polished', 'Spliced', 'Ten-foot'],
    trades: ['Boatyard', 'Ship Stores'],
    usualCents: 7600,
  },
  toys: {
    materials: ['beech', 'tin', 'lime-wood', 'ripstop', 'felt', 'maple', 'cedar', 'cork'],
    qualities: ['Painted', 'Wind-up', 'Pull-along', 'Rainbow', 'Travel', 'Stacking', 'Bath-proof', 'Chunky'],
    trades: ['Toy Makers', 'Playroom'],
    usualCents: 2600,
  },
  prints: {
    materials: ['linocut', 'screenprint', 'etching', 'woodcut', 'letterpress', 'risograph', 'watercolour', 'cyanotype'],
    qualities: ['Two-colour', 'Framed', 'Numbered', 'Misty', 'Small', 'Panoramic', 'Winter', 'Low-tide'],
    trades: ['Print Studio', 'Picture Framers'],
    usualCents: 5800,
  },
  cycling: {
    materials: ['steel', 'aluminium', 'leather', 'brass', 'chromed', 'lugged-steel', 'canvas', 'titanium'],
    qualities: [
      'Three-speed',
      'Sprung',
      'Lightweight',
      'Hub-geared',
      'Serviced',
      'Single-speed',
      'Broken-in',
      'Touring',
    ],
    trades: ['Cycle Works', 'Wheelwrights'],
    usualCents: 16500,
  },
  garden: {
    materials: ['terracotta', 'zinc', 'cedar', 'stoneware', 'copper', 'galvanised', 'larch', 'ash-handled'],
    qualities: ['Frost-proof', 'Long-spouted', 'Footed', 'Fluted', 'Long-handled', 'Weathered', 'Deep', 'Moss-grown'],
    trades: ['Nursery', 'Garden Sundries'],
    usualCents: 3400,
  },
}

export const lanes = [
  'Quay Lane', 'Harbour Hill', 'Ropewalk', 'Lock Street', 'Tide Mill', 'Customs Yard', 'Lower Dock', 'Beacon Road',
  'Sandgate', 'Net Loft', 'Old Slipway', 'Ferry Stairs', 'Salt Row', 'Lantern Court', 'Cooper Wharf', 'Breakwater',
  'Gull Terrace', 'Anchor Yard', 'Pilot Green', 'Signal Hill',
] as const // prettier-ignore

export const places = [
  'Northport', 'Saltmouth', 'Inner Harbour', 'East Strand', 'Lowhaven', 'Bridge Island', 'Cape End', 'Stonequay',
] as const // prettier-ignore

/** Sentences of a description; `{noun}` and `{material}` are filled in. One of each row is drawn. */
export const sentences = [
  [
    'A {noun} in {material}, made to be used every day.',
    'This {noun} comes from a small batch; each differs a little.',
    'A {noun} of the kind that outlives its owners.',
    'Found in a house clearance near the water: a {noun} with years left in it.',
    'Made in our own rooms, one at a time, in {material}.',
  ],
  [
    'Packed in straw and paper, no plastic.',
    'Goes out within two working days.',
    'Can be collected at the quay on Saturdays.',
    'Taken back within thirty days, no questions asked.',
    'We post on Mondays and Thursdays.',
  ],
] as const

export const newSentences = [
  'The finish is plain oil or wax and can be renewed at home.',
  'Nothing on it is glued that could be joined.',
  'Made to order when the shelf is empty, which takes about a week.',
  'Each one is looked over twice before it leaves us.',
] as const

export const usedSentences = [
  'Checked and cleaned by hand before it leaves us.',
  'There are small marks of use, all of them told when asked.',
  'It has been repaired once, and well.',
  'Kept dry and out of the sun for as long as we have had it.',
] as const

/** Two pieces in five are told apart by more than quality, material and kind. */
export const variants = [
  ', small', ', large', ', a pair', ', navy blue', ', sea green', ', rust red', ', off-white', ', numbered', ', with box', ', left-handed',
] as const // prettier-ignore
