import { CsrfField, Field, FormErrors } from '../design/field.tsx'
import { Layout } from '../design/layout.tsx'
import type { Form } from '../http/form.ts'

const labels = { name: 'Name of the shop', place: 'Place you send from' }

export function OpenShopPage({ form, isGuest }: { form: Form; isGuest: boolean }) {
  return (
    <Layout title="Sell">
      <div class="narrow">
        <h1>Give it another voyage.</h1>
        <p class="lead">
          List what you make, mend or no longer need. You name the price, and send it when it is paid. Opening a shop
          takes a minute.
        </p>
        {isGuest ? (
          <p class="actions">
            <a class="button button-large" href="/account/sign-up?next=/sell">
              Open an account
            </a>
            <a class="button button-large button-quiet" href="/account/sign-in?next=/sell">
              Sign in
            </a>
          </p>
        ) : (
          <form method="post" action="/sell/shop" novalidate>
            <FormErrors form={form} labels={labels} />
            <CsrfField />
            <Field
              form={form}
              name="name"
              label={labels.name}
              hint="Buyers see it beside everything you list."
              maxLength={60}
              autocomplete="off"
            />
            <Field form={form} name="place" label={labels.place} maxLength={60} autocomplete="address-level2" />
            <button class="button button-large" type="submit">
              Open the shop
            </button>
          </form>
        )}
      </div>
    </Layout>
  )
}
