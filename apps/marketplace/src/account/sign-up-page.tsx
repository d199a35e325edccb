import { CsrfField, Field, FormErrors, Hidden } from '../design/field.tsx'
import { Layout } from '../design/layout.tsx'
import type { Form } from '../http/form.ts'

const labels = { name: 'Your name', email: 'E-mail', password: 'Password' }

export function SignUpPage({ form }: { form: Form }) {
  const next = form.typed('next')
  return (
    <Layout title="Open an account">
      <div class="narrow">
        <h1>Open an account</h1>
        <p class="lead">To find your cart and orders everywhere, and to sell.</p>
        <form method="post" action="/account/sign-up" novalidate>
          <FormErrors form={form} labels={labels} />
          <CsrfField />
          <Hidden name="next" value={next} />
          <Field form={form} name="name" label={labels.name} autocomplete="name" maxLength={60} />
          <Field form={form} name="email" label={labels.email} type="email" autocomplete="email" maxLength={200} />
          <Field
            form={form}
            name="password"
            label={labels.password}
            hint="10 characters or more."
            type="password"
            autocomplete="new-password"
            maxLength={200}
          />
          <button class="button button-large" type="submit">
            Open the account
          </button>
        </form>
        <p>
          You have one? <a href={`/account/sign-in?next=${encodeURIComponent(next)}`}>Sign in</a>
        </p>
      </div>
    </Layout>
  )
}
