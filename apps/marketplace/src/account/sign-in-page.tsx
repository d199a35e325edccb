import { CsrfField, Field, Hidden, Notice } from '../design/field.tsx'
import { Layout } from '../design/layout.tsx'
import type { Form } from '../http/form.ts'

export function SignInPage({ form, isRefused }: { form: Form; isRefused: boolean }) {
  const next = form.typed('next')
  return (
    <Layout title="Sign in">
      <div class="narrow">
        <h1>Sign in</h1>
        {isRefused && (
          <Notice isWrong>
            <p>The address or the password is not right. Both are written exactly as when you opened the account.</p>
          </Notice>
        )}
        <form method="post" action="/account/sign-in" novalidate>
          <CsrfField />
          <Hidden name="next" value={next} />
          <Field form={form} name="email" label="E-mail" type="email" autocomplete="username" maxLength={200} />
          <Field
            form={form}
            name="password"
            label="Password"
            type="password"
            autocomplete="current-password"
            maxLength={200}
          />
          <button class="button button-large" type="submit">
            Sign in
          </button>
        </form>
        <p>
          New here? <a href={`/account/sign-up?next=${encodeURIComponent(next)}`}>Open an account</a>
        </p>
      </div>
    </Layout>
  )
}
