import { useState } from 'preact/hooks'
import {
  paths,
  type AuditLog,
  type NewToken,
  type People,
  type RuleList,
  type Session,
  type SignInLink,
  type TokenList,
} from '../../../src/api/contract.ts'
import { ask, useLoaded } from '../api.ts'
import { useNow, useTab } from '../frame.tsx'
import { Link } from '../router.tsx'
import { Table } from '../table.tsx'
import { formatDate, formatDuration, formatWhen, glue } from '../words.ts'

/** What is seldom needed: rules, people, tokens, who changed what, and oneself. */
export function SettingsPage({ session }: { session: Session }) {
  useTab('afloat', 'Settings')
  const isAdmin = session.role === 'admin'
  return (
    <>
      <h1>Settings</h1>
      <p>
        You are <b>{session.name}</b>, {session.role}.
      </p>
      <ul class="sections">
        <li>
          <Link to="/settings/rules">Rules</Link>
        </li>
        <li>
          <Link to="/settings/people">People</Link>
        </li>
        <li>
          <Link to="/silences">Silences</Link>
        </li>
        {isAdmin && (
          <>
            <li>
              <Link to="/settings/tokens">Tokens</Link>
            </li>
            <li>
              <Link to="/settings/audit">Who changed what</Link>
            </li>
          </>
        )}
      </ul>
      <Form
        title="Your name in timelines"
        fields={[{ name: 'name', label: 'Name' }]}
        button="Keep"
        send={async (values) => {
          await ask('POST', paths.ownName, values)
          return 'Kept. It stands in what you do from now on.'
        }}
      />
      <Form
        title="Your password"
        fields={[{ name: 'password', label: 'At least 12 characters', type: 'password' }]}
        button="Set"
        send={async (values) => {
          await ask('POST', paths.ownPassword, values)
          return 'Set.'
        }}
      />
      <button type="button" onClick={() => void ask('POST', paths.signOut).then(() => location.reload())}>
        Sign out
      </button>
    </>
  )
}

export function RulesPage() {
  const { value, refusal } = useLoaded<RuleList>(paths.rules, 10_000)
  useTab('afloat', 'Rules')
  if (!value) return <h1 class="empty">{refusal ?? 'Reading the rules.'}</h1>
  return (
    <Table
      title="Rules"
      isSetting
      empty="There is no rule."
      columns={['Rule', 'Explains', 'Severity', 'Seen for', 'Gone for', 'Now']}
      rows={value.rules.map(({ name, cause, severity, forMs, keepMs, condition, isBuiltin }) => [
        <>
          {name}
          {condition !== null && <span class="quiet what">{isBuiltin ? condition : glue(condition)}</span>}
        </>,
        cause,
        severity,
        forMs === 0 ? 'at once' : formatDuration(forMs),
        formatDuration(keepMs),
        value.firing.includes(name) ? 'fires' : '',
      ])}
    />
  )
}

export function PeoplePage({ session }: { session: Session }) {
  const { value, refusal } = useLoaded<People>(paths.people, 10_000)
  useTab('afloat', 'People')
  if (!value) return <h1 class="empty">{refusal ?? 'Reading who there is.'}</h1>
  return (
    <>
      <Table
        title="People"
        isSetting
        empty="Nobody is named in the configuration or has an account yet."
        columns={['Name', 'May', 'Signs in with', 'Teams', 'Reached by']}
        rows={value.people.map(({ name, role, hasPassword, teams, contacts }) => [
          name,
          role ?? 'no account',
          role === null ? '' : hasPassword ? 'a password' : 'a link',
          teams.join(', '),
          contacts.map(({ channel, to }) => `${channel} ${to}`).join(', '),
        ])}
      />
      <Table
        title="Teams"
        isSecond
        empty="There is no team, so nobody is called. Teams and their contacts stand in the configuration."
        columns={['Team', 'Members', 'Reached by']}
        rows={value.teams.map(({ name, members, contacts }) => [
          name,
          members.join(', '),
          contacts.map(({ channel, to }) => `${channel} ${to}`).join(', '),
        ])}
      />
      {session.role === 'admin' && (
        <Form
          title="Give somebody an account"
          fields={[
            { name: 'name', label: 'Name' },
            { name: 'role', label: 'May', choices: ['viewer', 'responder', 'admin'] },
          ]}
          button="Make a link"
          send={async (values) => {
            const { url } = await ask<SignInLink>('POST', paths.people, values)
            return `Signs in once, within half an hour: ${url}`
          }}
        />
      )}
    </>
  )
}

export function TokensPage() {
  const { value, refusal } = useLoaded<TokenList>(paths.tokens, 10_000)
  useTab('afloat', 'Tokens')
  if (!value) return <h1 class="empty">{refusal ?? 'Reading the tokens.'}</h1>
  return (
    <>
      <Table
        title="Tokens"
        isSetting
        empty="There is no token."
        columns={['Name', 'Good for', 'Made by', 'Since']}
        rows={value.tokens.map(({ name, scope, service, createdBy, createdAtMs }) => [
          name,
          service === null ? scope : `${scope} of ${service}`,
          createdBy,
          formatDate(createdAtMs),
        ])}
      />
      <Form
        title="Make a token"
        fields={[
          { name: 'name', label: 'Name' },
          { name: 'scope', label: 'Good for', choices: ['agent', 'alerts', 'viewer', 'responder', 'admin'] },
        ]}
        button="Make it"
        send={async (values) => {
          const { token } = await ask<NewToken>('POST', paths.tokens, values)
          return `Shown once: ${token}`
        }}
      />
    </>
  )
}

export function AuditPage() {
  const { value, refusal } = useLoaded<AuditLog>(paths.audit, 10_000)
  const nowMs = useNow()
  useTab('afloat', 'Who changed what')
  if (!value) return <h1 class="empty">{refusal ?? 'Reading the log.'}</h1>
  return (
    <Table
      title="Who changed what"
      isSetting
      empty="Nobody has changed anything yet."
      columns={['When', 'Who', 'What', 'Answer']}
      rows={value.entries.map(({ atMs, who, role, what, status }) => [
        formatWhen(atMs, nowMs),
        role === '' ? who : `${who} (${role})`,
        what,
        String(status),
      ])}
    />
  )
}

/** Name and password, for who has an account and no link. */
export function SignIn() {
  return (
    <Form
      title="Sign in"
      fields={[
        { name: 'name', label: 'Name' },
        { name: 'password', label: 'Password', type: 'password' },
      ]}
      button="Sign in"
      send={async (values) => {
        await ask('POST', paths.signInByPassword, values)
        location.reload()
        return ''
      }}
    />
  )
}

interface Field {
  name: string
  label: string
  type?: 'password'
  choices?: string[]
}

function Form(props: {
  title: string
  fields: Field[]
  button: string
  send: (values: Record<string, string>) => Promise<string>
}) {
  const [answer, setAnswer] = useState<{ text: string; isRefusal: boolean } | null>(null)
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault()
        const values = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>
        props.send(values).then(
          (text) => setAnswer({ text, isRefusal: false }),
          (error: Error) => setAnswer({ text: error.message, isRefusal: true }),
        )
      }}
    >
      <h2>{props.title}</h2>
      {props.fields.map(({ name, label, type, choices }) => (
        <label key={name}>
          {label}
          {choices ? (
            <select name={name}>
              {choices.map((choice) => (
                <option key={choice}>{choice}</option>
              ))}
            </select>
          ) : (
            <input
              name={name}
              type={type ?? 'text'}
              required
              autoComplete={type === 'password' ? 'current-password' : 'username'}
            />
          )}
        </label>
      ))}
      <button type="submit">{props.button}</button>
      {answer && answer.text !== '' && (
        <p class={answer.isRefusal ? 'refusal' : 'answer'} role={answer.isRefusal ? 'alert' : 'status'}>
          {answer.text}
        </p>
      )}
    </form>
  )
}
