/** What a seeded title may say of a kind of thing: words that go together, and what the usual piece costs, in cents. */
interface KindWords {
  qualities: readonly string[]
  materials: readonly string[]
  usualCents: number
}

const words = (usualCents: number, qualities: string, materials: string): KindWords => ({
  usualCents,
  qualities: qualities.split(' '),
  materials: materials.split(' '),
})

/** By the slug of the kind, as in the catalogue's categories. */
export const kindWords: Readonly<Record<string, KindWords>> = {
  teapot: words(
    4200,
    'Salt-glazed Hand-thrown Blue-rimmed Ash-glazed Speckled Round-bellied',
    'stoneware porcelain enamel earthenware cast-iron',
  ),
  mug: words(
    1800,
    'Salt-glazed Hand-thrown Blue-rimmed Speckled Stackable Half-pint',
    'stoneware porcelain enamel earthenware',
  ),
  bowl: words(
    3400,
    'Hand-turned Wide-lipped Ash-glazed Footed Speckled Nesting',
    'stoneware olive-wood beech porcelain earthenware',
  ),
  jug: words(
    2900,
    'Salt-glazed Slip-trailed Blue-rimmed Hand-thrown Tall Pint-sized',
    'stoneware enamel earthenware porcelain',
  ),
  plate: words(
    2200,
    'Wide-rimmed Hand-painted Blue-rimmed Slip-trailed Oval Everyday',
    'stoneware porcelain enamel earthenware',
  ),
  pan: words(4800, 'Seasoned Deep Long-handled Heavy Hammered Two-handled', 'cast-iron carbon-steel copper'),
  chair: words(12500, 'Ladder-back Waxed Painted Rush-seated Spindle-back Caned', 'oak ash elm beech bentwood teak'),
  stool: words(5900, 'Three-legged Waxed Low Turned Painted Milking-height', 'oak ash elm pine beech'),
  table: words(21000, 'Drop-leaf Waxed Limed Narrow Scrubbed Single-drawer', 'oak pine walnut teak elm'),
  chest: words(32000, 'Dovetailed Waxed Painted Low Brass-handled Deep', 'oak pine walnut teak mahogany'),
  shelf: words(14500, 'Tall Low Waxed Open-backed Folding Painted', 'oak pine ash walnut'),
  'table-lamp': words(7800, 'Rewired Dimmable Turned Ribbed Small Two-tone', 'ceramic brass oak glass'),
  pendant: words(9600, 'Rewired Opal Ship-pattern Domed Factory Spun', 'enamel brass copper glass'),
  lantern: words(5400, 'Galvanised Ship-pattern Wind-proof Hand-soldered Folding Deck', 'brass tin copper steel'),
  candlestick: words(2800, 'Turned Tall Low Hand-forged Polished Travelling', 'brass iron pewter oak'),
  jumper: words(8900, 'Cable-knit Fisherman Rib-knit Mended Roomy Fair-isle', 'wool merino lambswool cotton'),
  jacket: words(12800, 'Lined Double-breasted Storm Mended Roomy Work', 'waxed-cotton canvas denim tweed wool'),
  boots: words(11500, 'Resoled Lace-up Deck Lined Broken-in Oiled', 'leather suede rubber'),
  cap: words(2600, 'Rib-knit Fisherman Lined Striped Thick Hand-knitted', 'wool merino lambswool cotton'),
  bag: words(6900, 'Roll-top Lined Mended Roomy Flat Two-pocket', 'canvas waxed-cotton leather sailcloth'),
  book: words(
    1400,
    'Illustrated Annotated First-edition Pocket Signed Well-read',
    'cloth-bound paperback leather-bound hardback',
  ),
  books: words(
    4800,
    'Illustrated Complete Pocket Matching Twelve-volume Well-read',
    'cloth-bound leather-bound hardback',
  ),
  chart: words(3600, 'Coastal Folded Annotated Tidal Hand-coloured Estuary', 'linen-backed rag-paper printed engraved'),
  notebook: words(
    1900,
    'Unruled Lay-flat Pocket Numbered Hand-sewn Ruled',
    'cloth-bound leather-bound laid-paper card',
  ),
  guitar: words(
    32000,
    'Parlour Restrung Travelling Well-played Sunburst Small-bodied',
    'spruce mahogany maple rosewood cedar',
  ),
  record: words(1900, 'Mono Stereo First-pressing Well-played Sealed Live', 'vinyl shellac ten-inch twelve-inch'),
  drum: words(14500, 'Tuned Rope-tensioned Travelling Re-headed Marching Deep', 'birch maple ash calfskin'),
  concertina: words(38000, 'Tuned Six-fold Restored Travelling Two-row Well-played', 'rosewood mahogany ebony walnut'),
  turntable: words(
    16500,
    'Serviced Belt-driven Portable Direct-drive Rewired Two-speed',
    'walnut bakelite teak aluminium',
  ),
  plane: words(6800, 'Low-angle Sharpened Adjustable Tuned Coffin-shaped Flat-soled', 'beech cast-iron bronze boxwood'),
  saw: words(
    4200,
    'Sharpened Fine-toothed Rehandled Rip-cut Cross-cut Balanced',
    'brass-backed carbon-steel steel-backed',
  ),
  hammer: words(2900, 'Rehandled Balanced Forged Cross-peen Short Heavy', 'hickory beech ash lignum'),
  chisel: words(2400, 'Sharpened Rehandled Forged Bevel-edged Wide Paring', 'boxwood-handled tool-steel ash-handled'),
  axe: words(5200, 'Forged Rehandled Balanced Carving Splitting Sharpened', 'hickory ash carbon-steel'),
  compass: words(9800, 'Gimballed Polished Pocket Ship-pattern Bulkhead Serviced', 'brass bronze copper'),
  rope: words(2400, 'Three-strand Tarred Spliced Ten-metre Braided Whipped', 'manila hemp cotton sisal'),
  paddle: words(7800, 'Varnished Ten-foot Leathered Spooned Narrow-bladed Oiled', 'spruce ash beech'),
  anchor: words(6400, 'Folding Galvanised Weathered Five-kilo Stocked Forged', 'steel iron bronze'),
  buoy: words(3200, 'Weathered Painted Roped Hand-netted Striped Numbered', 'cork glass rubber'),
  'ship-model': words(18500, 'Two-masted Planked Gaff-rigged Glazed Waterline Sailing', 'pine teak mahogany lime-wood'),
  'toy-boat': words(2400, 'Painted Pull-along Bath-proof Wind-up Chunky Floating', 'beech tin cork maple'),
  'toy-car': words(2200, 'Painted Wind-up Pull-along Chunky Three-wheeled Tipping', 'beech tin maple lime-wood'),
  'building-blocks': words(2900, 'Painted Stacking Oiled Rainbow Lettered Forty-piece', 'beech maple lime-wood cedar'),
  kite: words(3400, 'Two-line Rainbow Folding Long-tailed Beach Stunt', 'ripstop cotton silk paper'),
  'chess-set': words(5800, 'Travel Folding Weighted Inlaid Tournament Hand-turned', 'boxwood maple walnut rosewood'),
  seascape: words(6400, 'Two-colour Framed Numbered Misty Low-tide Signed', 'linocut screenprint etching watercolour'),
  landscape: words(6200, 'Two-colour Framed Numbered Winter Panoramic Signed', 'linocut woodcut etching watercolour'),
  abstract: words(5400, 'Two-colour Framed Numbered Small Bold Signed', 'screenprint risograph letterpress woodcut'),
  botanical: words(4600, 'Hand-coloured Framed Numbered Pressed Small Signed', 'cyanotype etching linocut letterpress'),
  bicycle: words(
    34000,
    'Three-speed Single-speed Serviced Hub-geared Step-through Lightweight',
    'steel lugged-steel chromed aluminium',
  ),
  saddle: words(6800, 'Sprung Broken-in Re-laced Narrow Wide Riveted', 'leather honey-leather black-leather'),
  bell: words(1800, 'Polished Loud Two-tone Little Ding-dong Thumb-struck', 'brass chromed steel copper'),
  wheel: words(7400, 'Trued Hub-geared Hand-built Rebuilt Serviced Thirty-six-spoke', 'steel aluminium chromed'),
  planter: words(3200, 'Frost-proof Fluted Footed Weathered Deep Moss-grown', 'terracotta stoneware zinc larch'),
  'watering-can': words(
    3800,
    'Long-spouted Weathered Two-gallon Hand-soldered Balanced Indoor',
    'zinc copper galvanised enamel',
  ),
  trowel: words(2100, 'Long-handled Forged Narrow Sharpened Rehandled Weathered', 'ash-handled copper steel bronze'),
  birdhouse: words(2900, 'Weathered Slate-roofed Painted Hinged Deep Sparrow-sized', 'cedar larch oak pine'),
}

/** Two pieces in five are told apart by more than quality, material and kind. */
export const variants = [
  ', small',
  ', large',
  ', navy blue',
  ', sea green',
  ', rust red',
  ', off-white',
  ', with its box',
  ', repaired',
  ', rare',
] as const
