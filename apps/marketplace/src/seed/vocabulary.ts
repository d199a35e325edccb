/** Shops are called after a lane and a trade of their category, never after people. */
export const trades: Readonly<Record<string, readonly string[]>> = {
  kitchen: ['Pottery', 'Kitchen Stores'],
  furniture: ['Joinery', 'Furniture Rooms'],
  lighting: ['Lamp Works', 'Chandlery'],
  clothing: ['Outfitters', 'Knitters'],
  books: ['Books', 'Chart Room'],
  music: ['Music Room', 'Instrument Repairs'],
  workshop: ['Tool Stores', 'Forge'],
  boating: ['Boatyard', 'Ship Stores'],
  toys: ['Toy Makers', 'Playroom'],
  prints: ['Print Studio', 'Picture Framers'],
  cycling: ['Cycle Works', 'Wheelwrights'],
  garden: ['Nursery', 'Garden Sundries'],
}

export const lanes = [
  'Quay Lane', 'Harbour Hill', 'Ropewalk', 'Lock Street', 'Tide Mill', 'Customs Yard', 'Lower Dock', 'Beacon Road',
  'Sandgate', 'Net Loft', 'Old Slipway', 'Ferry Stairs', 'Salt Row', 'Lantern Court', 'Cooper Wharf', 'Breakwater',
  'Gull Terrace', 'Anchor Yard', 'Pilot Green', 'Signal Hill',
] as const // prettier-ignore

export const places = [
  'Northport', 'Saltmouth', 'Inner Harbour', 'East Strand', 'Lowhaven', 'Bridge Island', 'Cape End', 'Stonequay',
] as const // prettier-ignore

/** Three sentences make a description, one of each row; they fit one thing and a pair of things alike. */
export const newSentences = [
  [
    '{Noun}, {material}, made to be used every day.',
    'From a small batch; no two are quite alike.',
    'Of the kind that outlives its owners.',
    'Made in our own rooms, one at a time.',
  ],
  [
    'The finish is plain oil or wax and can be renewed at home.',
    'Nothing is glued that could be joined.',
    'Made to order when the shelf is empty, which takes about a week.',
    'Looked over twice before leaving us.',
  ],
] as const

export const usedSentences = [
  [
    '{Noun}, {material}, with years of use ahead.',
    'Found in a house clearance near the water.',
    'Of the kind that outlives its owners.',
    'From the estate of a careful household.',
  ],
  [
    'Checked and cleaned by hand before leaving us.',
    'There are small marks of use, all of them told when asked.',
    'Repaired once, and well.',
    'Kept dry and out of the sun.',
  ],
] as const

export const deliverySentences = [
  'Packed in straw and paper, no plastic.',
  'Goes out within two working days.',
  'Can be collected at the quay on Saturdays.',
  'Taken back within thirty days, no questions asked.',
  'We post on Mondays and Thursdays.',
] as const
