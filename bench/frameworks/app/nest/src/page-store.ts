import { Injectable } from '@nestjs/common'

interface Page {
  id: string
  items: string[]
}

@Injectable()
export class PageStore {
  private readonly pages = new Map<string, Page>()

  /** Lets nothing go: the leak whose line is to be named. */
  remember(id: string): Page {
    const page = { id, items: Array.from({ length: 40 }, (_, index) => `${id} item ${index}`) }
    if (!id.startsWith('known-')) this.pages.set(id, page)
    return page
  }
}
