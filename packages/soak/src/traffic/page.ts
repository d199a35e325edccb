/** Name and value; a name may come several times. */
export type Field = readonly [name: string, value: string]

/** A form as a browser would send it untouched: fields with the values they come with, unchecked boxes left out. */
export interface Form {
  method: 'GET' | 'POST'
  /** As written in the page; empty when the form goes to the page's own address. */
  action: string
  fields: readonly Field[]
  /** Submit buttons that carry a name: one of them goes along when it is the one that is pressed. */
  buttons: readonly { name: string; value: string }[]
}

/** What a user can act on in a page. */
export interface Page {
  forms: readonly Form[]
  /** Every `href` of an `<a>`, in order. */
  links: readonly string[]
}

/** What is looked at of one page; the rest is passed over. */
const MAX_FORMS = 500
const MAX_LINKS = 5000
const MAX_FIELDS = 200

/** Elements whose content is text, whatever it looks like. */
const rawTextTags = new Set(['script', 'style', 'textarea', 'title', 'template'])

/**
 * Finds forms and links in HTML. It is no HTML parser: it walks from tag to tag, knows comments, quoted attributes and elements
 * that hold raw text, and nothing about nesting. Linear in the length of the page, never throws.
 */
export function parsePage(html: string): Page {
  const forms: (Form & { fields: Field[]; buttons: { name: string; value: string }[] })[] = []
  const links: string[] = []
  let form: (typeof forms)[number] | null = null
  let select: { name: string; first: string | null; chosen: string | null } | null = null
  const put = (name: string | undefined, value: string) => {
    if (form && name && form.fields.length < MAX_FIELDS) form.fields.push([name, value])
  }
  for (const { name, attributes, text } of tagsOf(html)) {
    switch (name) {
      case 'a':
        if (attributes.href !== undefined && links.length < MAX_LINKS) links.push(attributes.href)
        break
      case 'form':
        if (forms.length === MAX_FORMS) break
        form = {
          method: attributes.method?.toUpperCase() === 'POST' ? 'POST' : 'GET',
          action: attributes.action ?? '',
          fields: [],
          buttons: [],
        }
        forms.push(form)
        break
      case '/form':
        form = null
        break
      case 'input':
      case 'button':
        if (attributes.disabled !== undefined) break
        readControl(name, attributes, put, form?.buttons ?? [])
        break
      case 'textarea':
        if (attributes.disabled === undefined) put(attributes.name, decodeEntities(text))
        break
      case 'select':
        select = attributes.disabled === undefined ? { name: attributes.name ?? '', first: null, chosen: null } : null
        break
      case 'option':
        if (!select) break
        select.first ??= attributes.value ?? ''
        if (attributes.selected !== undefined) select.chosen = attributes.value ?? ''
        break
      case '/select':
        if (select) put(select.name, select.chosen ?? select.first ?? '')
        select = null
        break
    }
  }
  return { forms, links }
}

type Attributes = Record<string, string | undefined>

function readControl(
  tag: 'input' | 'button',
  { type, name, value, checked }: Attributes,
  put: (name: string | undefined, value: string) => void,
  buttons: { name: string; value: string }[],
): void {
  const kind = (type ?? (tag === 'button' ? 'submit' : 'text')).toLowerCase()
  if (kind === 'submit' || kind === 'image') {
    if (name && buttons.length < MAX_FIELDS) buttons.push({ name, value: value ?? '' })
  } else if (kind === 'checkbox' || kind === 'radio') {
    if (checked !== undefined) put(name, value ?? 'on')
  } else if (kind !== 'button' && kind !== 'reset' && kind !== 'file') put(name, value ?? '')
}

interface Tag {
  /** Lower case; `/form` for an end tag. */
  name: string
  attributes: Attributes
  /** Of an element that holds raw text: that text. */
  text: string
}

function* tagsOf(html: string): Generator<Tag> {
  let at = 0
  for (;;) {
    const open = html.indexOf('<', at)
    if (open === -1) return
    if (html.startsWith('<!--', open)) {
      const end = html.indexOf('-->', open + 4)
      if (end === -1) return
      at = end + 3
      continue
    }
    nameAt.lastIndex = open + 1
    const name = nameAt.exec(html)?.[0].toLowerCase()
    if (name === undefined) {
      at = open + 1
      continue
    }
    const { attributes, end } = readAttributes(html, open + 1 + name.length)
    at = end
    let text = ''
    if (rawTextTags.has(name)) {
      endOfRawText.lastIndex = at
      let close = endOfRawText.exec(html)
      while (close && close[1]!.toLowerCase() !== name) close = endOfRawText.exec(html)
      text = html.slice(at, close?.index ?? html.length)
      at = close?.index ?? html.length
    }
    yield { name, attributes, text }
  }
}

const nameAt = /\/?[a-z][a-z0-9-]*/iy
const endOfRawText = /<\/([a-z]+)/gi
const attributeAt = /[\s/]*(?:([^\s=>/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']*)))?|["'=])/y

/** Reads up to the `>` that ends the tag. Each step takes at least one character, so the walk is linear. */
function readAttributes(html: string, from: number): { attributes: Attributes; end: number } {
  const attributes: Attributes = Object.create(null) as Attributes
  let at = from
  for (;;) {
    attributeAt.lastIndex = at
    const match = attributeAt.exec(html)
    if (!match) break
    at = attributeAt.lastIndex
    const name = match[1]?.toLowerCase()
    if (name !== undefined) attributes[name] ??= decodeEntities(match[2] ?? match[3] ?? match[4] ?? '')
  }
  const end = html.indexOf('>', at)
  return { attributes, end: end === -1 ? html.length : end + 1 }
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }

/** The entities that servers write when they escape; others stay as they are. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,5}));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? whole
      const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex!, 16)
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}
