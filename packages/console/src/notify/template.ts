import type { Reader } from '@plimsoll/core'

/** What a template may speak of. */
export const templateWords = [
  'key',
  'service',
  'state',
  'sentence',
  'felt',
  'done',
  'since',
  'time',
  'next',
  'url',
] as const
export type TemplateWords = Record<(typeof templateWords)[number], string>

const placeholder = /\{\{\s*([^{}]*?)\s*\}\}/g

/** A text with words in double braces. Each is checked when the configuration is read, so that no message fails on one at night. */
export function readTemplate(reader: Reader): string {
  const text = reader.string({ maxLength: 5000 })
  for (const [, word = ''] of text.matchAll(placeholder)) {
    if (!(templateWords as readonly string[]).includes(word))
      reader.fault(`has {{${word}}}, which says nothing; there are ${templateWords.join(', ')}`)
  }
  return text
}

/** Fills a template in. What is filled in is not looked at for further words. */
export function fillTemplate(template: string, words: TemplateWords): string {
  return template.replaceAll(placeholder, (whole, word: string) => words[word as keyof TemplateWords] ?? whole)
}
