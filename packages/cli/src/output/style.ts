/** Puts colour where it can be seen: on a terminal, and without NO_COLOR. */
export interface Style {
  bold(text: string): string
  dim(text: string): string
  /** In the colour of a verdict. */
  verdict(verdict: string, text: string): string
}

const verdictColours: Record<string, number> = { growing: 33, leaking: 91, sinking: 31, recovered: 32, afloat: 36 }

export function createStyle(isTerminal: boolean, environment: NodeJS.ProcessEnv): Style {
  const hasColour = isTerminal && !environment['NO_COLOR']
  const paint = (code: number, text: string): string => (hasColour ? `\u001B[${code}m${text}\u001B[0m` : text)
  return {
    bold: (text) => paint(1, text),
    dim: (text) => paint(2, text),
    verdict: (verdict, text) => paint(verdictColours[verdict] ?? 0, text),
  }
}
