import { categories } from '../catalog/categories.ts'
import { parsePrice, toPriceField } from '../design/money.ts'
import { Form } from '../http/form.ts'
import { conditions, type Category, type Listing } from '../store/listings.ts'
import type { ListingDraft } from '../store/selling.ts'

export const listingLabels = {
  title: 'Title',
  category: 'Department',
  condition: 'Condition',
  material: 'Made of',
  description: 'Description',
  price: 'Price in euros',
  stock: 'Pieces in stock',
}

const MIN_PRICE_CENTS = 100
const MAX_PRICE_CENTS = 10_000_00
export const MAX_STOCK = 9_999

/** Reads the form of a listing; `null` while something is to be mended, which `form` then tells. */
export function parseListing(form: Form, known: Category[]): ListingDraft | null {
  const title = form.text('title', { minLength: 4, maxLength: 120, ask: 'What is it? A title, please.' })
  const slug = form.choice(
    'category',
    categories.map((category) => category.slug),
  )
  const draft = {
    title,
    condition: form.choice('condition', conditions),
    material: form.text('material', { minLength: 0, maxLength: 60, ask: '' }),
    description: form.text('description', {
      minLength: 20,
      maxLength: 4000,
      ask: 'What should a buyer know?',
      isLong: true,
    }),
    priceCents: parsePrice(form.typed('price')) ?? 0,
    stock: form.integer('stock', { min: 0, max: MAX_STOCK }),
    isHidden: form.typed('isHidden') === '1',
  }
  if (draft.priceCents < MIN_PRICE_CENTS || draft.priceCents > MAX_PRICE_CENTS) {
    form.fault('price', 'A price from 1 to 10,000 euros, as 12 or 12.50.')
  }
  const category = known.find((candidate) => candidate.slug === slug)
  if (category === undefined) form.fault('category', 'This department is not open. Please choose another.')
  return form.isSound && category !== undefined ? { ...draft, categoryId: category.id } : null
}

/** The stock that the seller saw when the form was opened; `null` when no form of ours was sent. */
export function parseShownStock(form: Form): number | null {
  const typed = form.typed('shownStock')
  return /^\d{1,9}$/.test(typed) ? Number(typed) : null
}

/** A listing as it would have been typed. */
export function toListingForm(listing: Listing): Form {
  return new Form({
    title: listing.title,
    category: listing.categorySlug,
    condition: listing.condition,
    material: listing.material,
    description: listing.description,
    price: toPriceField(listing.priceCents),
    stock: String(listing.stock),
    isHidden: listing.isHidden ? '1' : '',
  })
}
