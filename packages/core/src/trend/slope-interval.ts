import { median, theilSen, type Point } from './theil-sen.ts'

/** A least-squares slope and the interval it lies in, in y per x. */
export interface SlopeInterval {
  slope: number
  low: number
  high: number
  /** Of the residuals, from one point to the next; 0..0.9. */
  autocorrelation: number
  pointCount: number
}

/**
 * The slope of a series with a two-sided interval at `confidence` (0.99), widened for residuals that resemble their neighbours: as if
 * there were only n·(1−r)/(1+r) points. The lag-1 correlation r of a short series comes out too small by about (1+3r)/n, which is
 * added back. Fewer than five points say nothing: the interval is infinite.
 * @see Kendall. “Note on Bias in the Estimation of Autocorrelation.” Biometrika 41, 1954
 */
export function slopeInterval(series: readonly Point[], confidence: number): SlopeInterval {
  const n = series.length
  const meanX = mean(series.map(([x]) => x))
  const meanY = mean(series.map(([, y]) => y))
  const spreadX = series.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const slope = spreadX > 0 ? series.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spreadX : 0
  if (n < 5 || spreadX === 0) return { slope, low: -Infinity, high: Infinity, autocorrelation: 0, pointCount: n }
  const residuals = series.map(([x, y]) => y - meanY - slope * (x - meanX))
  const square = residuals.reduce((sum, residual) => sum + residual ** 2, 0)
  const lagged = residuals.slice(1).reduce((sum, residual, index) => sum + residual * residuals[index]!, 0)
  const measured = square > 0 ? lagged / square : 0
  const autocorrelation = Math.min(0.9, Math.max(0, measured + (1 + 3 * measured) / n))
  const standardError = Math.sqrt(square / (n - 2) / spreadX)
  const widening = Math.sqrt((1 + autocorrelation) / (1 - autocorrelation))
  const half = studentQuantile(1 - (1 - confidence) / 2, n - 2) * standardError * widening
  return { slope, low: slope - half, high: slope + half, autocorrelation, pointCount: n }
}

/**
 * The series with wild points pulled in: none lies farther from the middle line than `deviations` robust ones. A
 * least-squares line through it is not bent by one floor that was read while something large was under way.
 * @see Huber. “Robust Estimation of a Location Parameter.” Ann. Math. Stat. 35, 1964
 */
export function tame(series: readonly Point[], deviations = 4): Point[] {
  const { slope, intercept } = theilSen(series)
  const distances = series.map(([x, y]) => y - intercept - slope * x)
  const absolute = distances.map(Math.abs).sort((left, right) => left - right)
  const limit = deviations * 1.4826 * (absolute.length === 0 ? 0 : median(absolute))
  return series.map(([x, y], index) => {
    const distance = distances[index]!
    return [x, Math.abs(distance) > limit ? y - distance + Math.sign(distance) * limit : y]
  })
}

/**
 * The value a standard normal stays below with probability p; absolute error below 4.5e-4.
 * @see Abramowitz and Stegun. Handbook of Mathematical Functions, 26.2.23. 1964
 */
export function normalQuantile(p: number): number {
  if (p < 0.5) return -normalQuantile(1 - p)
  if (p >= 1) return Infinity
  const t = Math.sqrt(-2 * Math.log(1 - p))
  const above = 2.515517 + t * (0.802853 + t * 0.010328)
  return t - above / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
}

/**
 * The same for Student's t with `degrees` of freedom, exact for 1 and 2, else within a hundredth for p up to 0.9999 from four on.
 * @see Hill. “Algorithm 396: Student's t-quantiles.” Comm. ACM 13(10), 1970
 */
export function studentQuantile(p: number, degrees: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, degrees)
  const twoSided = 2 * (1 - p)
  if (degrees <= 1) return Math.tan(Math.PI * (p - 0.5))
  if (degrees === 2) return Math.sqrt(2 / (twoSided * (2 - twoSided)) - 2)
  const a = 1 / (degrees - 0.5)
  const b = (48 / a) * (1 / a)
  let c = ((20_700 * a) / b - 98) * a - 16
  c = c * a + 96.36
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * degrees
  const x = d * twoSided
  let y = x ** (2 / degrees)
  if (y > 0.05 + a) {
    const z = normalQuantile(p)
    y = z * z
    if (degrees < 5) c += 0.3 * (degrees - 4.5) * (z + 0.6)
    c = (((0.05 * d * z - 5) * z - 7) * z - 2) * z + b + c
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * z
    y = a * y * y
    y = y > 0.002 ? Math.exp(y) - 1 : 0.5 * y * y + y
  } else {
    y =
      ((1 / (((degrees + 6) / (degrees * y) - 0.089 * d - 0.822) * (degrees + 2) * 3) + 0.5 / (degrees + 4)) * y - 1) *
        ((degrees + 1) / (degrees + 2)) +
      1 / y
  }
  return Math.sqrt(degrees * y)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
