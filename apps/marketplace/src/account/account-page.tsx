import { CsrfField } from '../design/field.tsx'
import { Layout } from '../design/layout.tsx'
import type { Account } from '../store/accounts.ts'

export function AccountPage({ account }: { account: Account }) {
  const doors = [
    { href: '/orders', name: 'Your orders', text: 'What you bought, and where it is.' },
    { href: '/cart', name: 'Your cart', text: 'What you have put aside.' },
    account.shopName === null
      ? { href: '/sell', name: 'Open a shop', text: 'Sell what you make, mend or no longer need.' }
      : { href: '/sell/listings', name: account.shopName, text: 'Your listings, and the orders to send.' },
  ]
  return (
    <Layout title="Your account">
      <h1>Good to see you, {account.name}.</h1>
      <p class="lead">{account.email}</p>
      <ul class="doors">
        {doors.map(({ href, name, text }) => (
          <li key={href}>
            <h2>
              <a href={href}>{name}</a>
            </h2>
            <p class="quiet">{text}</p>
          </li>
        ))}
      </ul>
      <form method="post" action="/account/sign-out">
        <CsrfField />
        <button class="button button-quiet" type="submit">
          Sign out
        </button>
      </form>
    </Layout>
  )
}
