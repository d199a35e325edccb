import { expect, test } from 'vitest'
import { renderPostmortem } from './render.ts'

test('text from outside stays in its place', () => {
  const markdown = renderPostmortem({
    title: 'INC-1: <img src=x onerror=alert(1)>\n# Not a heading',
    summary: ['One\n\n## Two'],
    timeline: [{ sequence: 1, atMs: 0, by: 'person', kind: 'note', sentence: 'a | b\n| c' }],
    rootCause: [],
    code: 'x\n```\n# out',
    resolution: [],
    measures: [{ what: 'a | b', owner: 'web' }],
  })
  expect(markdown.match(/^#.*/gm)).toEqual([
    '# INC-1: &lt;img src=x onerror=alert(1)> # Not a heading',
    '## Issue Summary',
    '## Timeline',
    '## Root Cause and Resolution',
    '# out',
    '### What was done',
    '## Corrective and Preventative Measures',
  ])
  expect(markdown).toContain('| 1970-01-01 00:00:00 | **Person:** a \\| b \\| c |')
  expect(markdown).toContain("```js\nx\n'''\n# out\n```")
})
