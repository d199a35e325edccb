import { categories } from '../catalog/categories.ts'
import { Picture } from '../design/cards.tsx'
import { CsrfField, Field, FormErrors, Hidden, SelectField } from '../design/field.tsx'
import { Layout } from '../design/layout.tsx'
import { conditionWords } from '../design/words.ts'
import type { Form } from '../http/form.ts'
import { conditions } from '../store/listings.ts'
import { listingLabels as labels } from './listing-form.ts'
import { SellerNav } from './seller-nav.tsx'

export interface ListingFormPageProps {
  form: Form
  /** The listing to change; `null` for a new one. */
  changed: { id: number; stock: number } | null
}

/** A new listing, or one to change; then the stock that is shown goes with the form, as pieces may be sold while it is open. */
export function ListingFormPage({ form, changed }: ListingFormPageProps) {
  const id = changed?.id ?? null
  return (
    <Layout title={id === null ? 'List an item' : 'Change a listing'}>
      <h1>{id === null ? 'List an item' : 'Change a listing'}</h1>
      <SellerNav here={id === null ? '/sell/new' : null} />
      <form class="with-side" method="post" action={id === null ? '/sell/listings' : `/sell/listings/${id}`} novalidate>
        <div>
          <FormErrors form={form} labels={labels} />
          <CsrfField />
          {changed !== null && <Hidden name="shownStock" value={changed.stock} />}
          <Field
            form={form}
            name="title"
            label={labels.title}
            hint="Say what it is, as in “Oak milking stool, three-legged”: the picture is drawn from it."
            maxLength={120}
          />
          <Field form={form} name="description" label={labels.description} rows={7} maxLength={4000} />
          <div class="field-row">
            <SelectField
              form={form}
              name="category"
              label={labels.category}
              choices={categories.map(({ slug, name }) => ({ value: slug, label: name }))}
            />
            <SelectField
              form={form}
              name="condition"
              label={labels.condition}
              choices={conditions.map((condition) => ({ value: condition, label: conditionWords[condition] }))}
            />
          </div>
          <Field form={form} name="material" label={labels.material} maxLength={60} isOptional />
          <div class="field-row">
            <Field form={form} name="price" label={labels.price} inputMode="decimal" maxLength={12} />
            <Field form={form} name="stock" label={labels.stock} inputMode="numeric" maxLength={4} />
          </div>
        </div>
        <aside class="side" aria-label="Publish">
          {id !== null && <Picture id={id} alt="The picture as it is now" />}
          <label class="radio">
            <input type="checkbox" name="isHidden" value="1" checked={form.typed('isHidden') === '1'} />
            <span>Keep it off the shelf for now</span>
          </label>
          <button class="button button-large" type="submit">
            {id === null ? 'Put it on the shelf' : 'Save the changes'}
          </button>
          <p>
            <a href="/sell/listings">Back to your listings</a>
          </p>
        </aside>
      </form>
    </Layout>
  )
}
