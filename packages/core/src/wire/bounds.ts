/** Of an instant: a date with room to reckon on both sides. */
export const instant = { min: 0, max: 8e15 } as const

/** Of bytes, counts and spans: adds up without overflow, and has room for what a kernel calls no limit (2⁶³). */
export const amount = { min: 0, max: 1e21 } as const
export const signedAmount = { min: -1e21, max: 1e21 } as const
