import type { RequestFailedError } from './failure.ts'
import { parsePage, type Form, type Page } from './page.ts'
import type { Response } from './response-parser.ts'

/** A whole answer, as a user sees it. What is asked of it fails the request it answers, which is counted, and throws. */
export class Answer {
  /** Where it came from in the end, after redirects: path and query. */
  readonly path: string
  readonly #response: Response
  readonly #fail: (why: string) => RequestFailedError
  #text: string | null = null
  #page: Page | null = null

  constructor(response: Response, path: string, fail: (why: string) => RequestFailedError) {
    this.#response = response
    this.path = path
    this.#fail = fail
  }

  get status(): number {
    return this.#response.status
  }

  /** By lower-case name. */
  get headers(): ReadonlyMap<string, string> {
    return this.#response.headers
  }

  get body(): Buffer {
    return this.#response.body
  }

  /** The body as UTF-8. */
  get text(): string {
    return (this.#text ??= this.#response.body.toString('utf8'))
  }

  /** Forms and links of the body taken as HTML; read when first asked for. */
  get page(): Page {
    return (this.#page ??= parsePage(this.text))
  }

  /** Links whose address matches. */
  links(address: RegExp): string[] {
    return this.page.links.filter((link) => address.test(link))
  }

  /**
   * The first form whose action matches.
   * @throws RequestFailedError (`check-failed`) when there is none
   */
  form(action: RegExp): Form {
    const form = this.page.forms.find((candidate) => action.test(candidate.action))
    if (!form) throw this.#fail(`the page has no form for ${action.source}`)
    return form
  }

  /** @throws RequestFailedError (`check-failed`) unless it was answered with this status */
  expect(status: number): void {
    if (this.status !== status) throw this.#fail(`it was answered with status ${this.status} and not ${status}`)
  }

  /** @throws RequestFailedError (`check-failed`) unless what is said of this answer holds; `belief` reads “the page …” */
  check(holds: boolean, belief: string): void {
    if (!holds) throw this.#fail(`it does not hold that ${belief}`)
  }
}
