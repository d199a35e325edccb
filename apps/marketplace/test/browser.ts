import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium, type Browser, type Page } from 'playwright-core'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Debian's Chromium, or the one CHROMIUM_PATH names, without anything it would do on its own behalf. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

interface AxeResults {
  violations: { id: string; help: string; nodes: { target: string[] }[] }[]
}

/** What is wrong with the page as it stands, one line for each fault: by axe's rules, and by running over its width. */
export async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const results = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResults
  const excess = (await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )) as number
  return [
    ...results.violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target }) => `${id}: ${help} (${target.join(' ')})`),
    ),
    ...(excess > 0 ? [`runs ${excess} px over its width`] : []),
  ]
}

/** Presses Tab until what has the focus reads or is named so. */
export async function tabTo(page: Page, what: string | RegExp): Promise<void> {
  for (let count = 0; count < 150; count++) {
    await page.keyboard.press('Tab')
    const focused = (await page.evaluate(
      `(() => { const it = document.activeElement; return (it.labels?.[0] ?? it).innerText.trim() || it.getAttribute('name') || '' })()`,
    )) as string
    if (typeof what === 'string' ? focused === what : what.test(focused)) return
  }
  throw new Error(`Nothing that reads ${what} can be reached with the Tab key on ${page.url()}.`)
}
