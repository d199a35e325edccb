export { theilSen, median, thin, type Line, type Point } from './theil-sen.ts'
export { mannKendall, type Trend } from './mann-kendall.ts'
export { judgePlateau, type PlateauJudgement, type PlateauOptions } from './plateau.ts'
export { normalQuantile, slopeInterval, studentQuantile, tame, type SlopeInterval } from './slope-interval.ts'
