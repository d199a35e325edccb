/** A colour in OKLCH: lightness 0..1, chroma 0..0.37, hue in degrees. Equal steps look equally large, whatever the hue. */
export interface Oklch {
  lightness: number
  chroma: number
  hue: number
}

/**
 * `#rrggbb` for an OKLCH colour; what lies outside sRGB is clipped per channel. Pictures are served as files, and not every
 * program that opens an SVG knows `oklch()`, so it is worked out here.
 * @see Ottosson. “A perceptual color space for image processing.” 2020
 */
export function toHex({ lightness, chroma, hue }: Oklch): string {
  const a = chroma * Math.cos((hue * Math.PI) / 180)
  const b = chroma * Math.sin((hue * Math.PI) / 180)
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const channels = [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ]
  return '#' + channels.map(toByte).join('')
}

function toByte(linear: number): string {
  const encoded = linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.max(linear, 0) ** (1 / 2.4) - 0.055
  return Math.round(Math.min(1, Math.max(0, encoded)) * 255)
    .toString(16)
    .padStart(2, '0')
}
