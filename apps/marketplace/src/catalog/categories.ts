/**
 * A kind of thing, and the words a title calls it by. The picture of a listing is drawn from its kind, so that a listing
 * called "Stoneware teapot" shows a teapot; the seed takes the nouns of its titles from here.
 */
export interface Kind {
  slug: string
  /** As it stands at the end of a title, lower case: "teapot". The first is the usual one. */
  nouns: readonly string[]
}

export interface Category {
  slug: string
  name: string
  kinds: readonly Kind[]
}

function kind(slug: string, ...otherNouns: string[]): Kind {
  return { slug, nouns: [slug.replaceAll('-', ' '), ...otherNouns] }
}

/** The departments of the market, in the order in which they stand on the first page. */
export const categories: readonly Category[] = [
  {
    slug: 'kitchen',
    name: 'Kitchen & table',
    kinds: [
      kind('teapot', 'coffee pot'),
      kind('mug', 'cup', 'tankard'),
      kind('bowl', 'salad bowl', 'mixing bowl'),
      kind('jug', 'pitcher', 'creamer'),
      kind('plate', 'platter', 'dish'),
      kind('pan', 'skillet', 'frying pan'),
    ],
  },
  {
    slug: 'furniture',
    name: 'Furniture',
    kinds: [
      kind('chair', 'dining chair', 'armchair'),
      kind('stool', 'milking stool', 'footstool'),
      kind('table', 'side table', 'desk'),
      kind('chest', 'chest of drawers', 'sideboard'),
      kind('shelf', 'bookcase', 'shelves'),
    ],
  },
  {
    slug: 'lighting',
    name: 'Lamps & lanterns',
    kinds: [
      kind('table-lamp', 'bedside lamp', 'desk lamp'),
      kind('pendant', 'pendant lamp', 'ceiling lamp'),
      kind('lantern', 'storm lantern', 'oil lamp'),
      kind('candlestick', 'candle holder', 'chamberstick'),
    ],
  },
  {
    slug: 'clothing',
    name: 'Clothing',
    kinds: [
      kind('jumper', 'sweater', 'pullover', 'cardigan'),
      kind('jacket', 'coat', 'smock'),
      kind('boots', 'shoes'),
      kind('cap', 'beanie', 'hat'),
      kind('bag', 'tote', 'satchel', 'rucksack'),
    ],
  },
  {
    slug: 'books',
    name: 'Books & charts',
    kinds: [
      kind('book', 'novel', 'handbook', 'cookbook'),
      kind('books', 'set of books', 'encyclopedia'),
      kind('chart', 'map', 'sea chart'),
      kind('notebook', 'journal', 'logbook', 'sketchbook'),
    ],
  },
  {
    slug: 'music',
    name: 'Music',
    kinds: [
      kind('guitar', 'ukulele', 'mandolin'),
      kind('record', 'album', 'single'),
      kind('drum', 'snare drum', 'bodhran'),
      kind('concertina', 'accordion', 'melodeon'),
      kind('turntable', 'record player'),
    ],
  },
  {
    slug: 'workshop',
    name: 'Workshop',
    kinds: [
      kind('plane', 'block plane', 'jack plane'),
      kind('saw', 'tenon saw', 'hand saw'),
      kind('hammer', 'mallet'),
      kind('chisel', 'gouge'),
      kind('axe', 'hatchet'),
    ],
  },
  {
    slug: 'boating',
    name: 'Boat & harbour',
    kinds: [
      kind('compass', 'barometer', 'clock'),
      kind('rope', 'line', 'mooring line'),
      kind('paddle', 'oar', 'pair of oars'),
      kind('anchor', 'grapnel'),
      kind('buoy', 'fender', 'float'),
      kind('ship-model', 'model boat', 'half model'),
    ],
  },
  {
    slug: 'toys',
    name: 'Toys & games',
    kinds: [
      kind('toy-boat', 'tugboat', 'toy ferry'),
      kind('toy-car', 'toy lorry', 'toy van'),
      kind('building-blocks', 'blocks'),
      kind('kite', 'dragon kite'),
      kind('chess-set', 'chessboard', 'draughts set'),
    ],
  },
  {
    slug: 'prints',
    name: 'Prints & pictures',
    kinds: [
      kind('seascape', 'harbour print', 'coast print'),
      kind('landscape', 'hill print', 'field print'),
      kind('abstract', 'abstract print', 'collage'),
      kind('botanical', 'leaf print', 'botanical print'),
    ],
  },
  {
    slug: 'cycling',
    name: 'Bicycles',
    kinds: [
      kind('bicycle', 'touring bicycle', 'town bicycle', 'bike'),
      kind('saddle', 'leather saddle'),
      kind('bell', 'bicycle bell'),
      kind('wheel', 'front wheel', 'wheelset'),
    ],
  },
  {
    slug: 'garden',
    name: 'Garden',
    kinds: [
      kind('planter', 'flowerpot', 'plant pot'),
      kind('watering-can', 'can'),
      kind('trowel', 'hand fork', 'spade'),
      kind('birdhouse', 'nesting box', 'bird feeder'),
    ],
  },
]
