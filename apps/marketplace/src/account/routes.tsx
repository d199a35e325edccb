import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { parseEmail } from '../checkout/order-form.ts'
import type { ShopContext } from '../context.ts'
import { sendPage } from '../http/answer.ts'
import { TooManyRequestsError } from '../http/errors.ts'
import { cleanText, Form } from '../http/form.ts'
import { toLocalPath } from '../http/guard.ts'
import type { Account } from '../store/accounts.ts'
import type { Visit } from '../visit.ts'
import { AccountPage } from './account-page.tsx'
import { SignInPage } from './sign-in-page.tsx'
import { SignUpPage } from './sign-up-page.tsx'

interface WithNext {
  Querystring: { next?: string }
}

export function accountRoutes(app: FastifyInstance, { store, visits, rateLimit }: ShopContext): void {
  app.get('/account', (request, reply) => {
    const { account } = request.visit
    if (account === null) return reply.redirect('/account/sign-in?next=/account', 303)
    return sendPage(request, reply, <AccountPage account={account} />)
  })

  app.get<WithNext>('/account/sign-up', (request, reply) =>
    sendPage(request, reply, <SignUpPage form={new Form({ next: toLocalPath(request.query.next, '/account') })} />),
  )

  app.get<WithNext>('/account/sign-in', (request, reply) =>
    sendPage(
      request,
      reply,
      <SignInPage form={new Form({ next: toLocalPath(request.query.next, '/account') })} isRefused={false} />,
    ),
  )

  app.post('/account/sign-up', async (request, reply) => {
    if (!rateLimit.take('sign-up', request.ip)) throw new TooManyRequestsError('new accounts')
    const form = new Form(request.body)
    const name = form.text('name', { maxLength: 60, ask: 'How may we call you?' })
    const email = parseEmail(form)
    const password = form.typed('password')
    if (password.length < 10) form.fault('password', 'At least 10 characters, please. A few words in a row do well.')
    if (password.length > 200) form.fault('password', 'At most 200 characters, please.')
    const account = form.isSound ? await store.accounts.signUp({ email, name, password }) : null
    if (account !== null) return welcome(request, reply, account, form)
    if (form.isSound) form.fault('email', 'There is an account with this address already. You can sign in with it.')
    return sendPage(request, reply, <SignUpPage form={form} />, 400)
  })

  app.post('/account/sign-in', async (request, reply) => {
    if (!rateLimit.take('sign-in', request.ip)) throw new TooManyRequestsError('attempts to sign in')
    const form = new Form(request.body)
    // Longer ones cannot be right, and hashing them would cost.
    const email = cleanText(form.typed('email')).slice(0, 200)
    const account = await store.accounts.signIn(email, form.typed('password').slice(0, 201))
    if (account !== null) return welcome(request, reply, account, form)
    return sendPage(request, reply, <SignInPage form={form} isRefused={true} />, 401)
  })

  app.post('/account/sign-out', async (request, reply) => {
    const guest = await visits.signOut(request.visit)
    return takeCookies(reply, guest).redirect('/', 303)
  })

  async function welcome(request: FastifyRequest, reply: FastifyReply, account: Account, form: Form) {
    const visit = await visits.signIn(request.visit, account)
    return takeCookies(reply, visit).redirect(toLocalPath(form.typed('next'), '/account'), 303)
  }

  function takeCookies(reply: FastifyReply, visit: Visit): FastifyReply {
    return reply.header('set-cookie', [visits.sessionCookie(visit), visits.bagCookie(visit.bagCount)])
  }
}
