import type { ComponentChildren } from 'preact'
import { slotMark } from '../cache/page-cache.ts'
import type { Form } from '../http/form.ts'

export interface FieldProps {
  form: Form
  name: string
  label: string
  hint?: string
  type?: 'text' | 'email' | 'password' | 'number'
  autocomplete?: string
  inputMode?: 'decimal' | 'numeric'
  maxLength?: number
  isOptional?: boolean
  /** Several lines instead of one. */
  rows?: number
}

/** A labelled field; what is wrong with it stands right under it and is read out with it. */
export function Field({ form, name, label, hint, type = 'text', rows, isOptional = false, ...rest }: FieldProps) {
  const error = form.errors[name]
  const describedBy = [hint === undefined ? '' : `${name}-hint`, error === undefined ? '' : `${name}-error`]
    .join(' ')
    .trim()
  const shared = {
    id: name,
    name,
    required: !isOptional,
    'aria-invalid': error === undefined ? undefined : ('true' as const),
    'aria-describedby': describedBy === '' ? undefined : describedBy,
    ...rest,
  }
  return (
    <div class={error === undefined ? 'field' : 'field field-wrong'}>
      <label for={name}>
        {label}
        {isOptional && <span class="quiet"> (optional)</span>}
      </label>
      {hint !== undefined && (
        <p class="field-hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {rows === undefined ? (
        <input type={type} value={type === 'password' ? '' : form.typed(name)} {...shared} />
      ) : (
        <textarea rows={rows} {...shared}>
          {form.typed(name)}
        </textarea>
      )}
      <FieldError form={form} name={name} />
    </div>
  )
}

export interface ChoiceFieldProps {
  form: Form
  name: string
  label: string
  choices: readonly { value: string; label: string; hint?: string }[]
}

/** A few choices, all of them in sight. */
export function RadioField({ form, name, label, choices }: ChoiceFieldProps) {
  return (
    <fieldset class={form.errors[name] === undefined ? 'field radios' : 'field radios field-wrong'}>
      <legend>{label}</legend>
      {choices.map((choice, index) => (
        <label key={choice.value} class="radio">
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={form.typed(name) === choice.value || (form.typed(name) === '' && index === 0)}
            aria-describedby={form.errors[name] === undefined ? undefined : `${name}-error`}
          />
          <span>
            {choice.label}
            {choice.hint !== undefined && <span class="quiet"> {choice.hint}</span>}
          </span>
        </label>
      ))}
      <FieldError form={form} name={name} />
    </fieldset>
  )
}

/** Many choices behind one. */
export function SelectField({ form, name, label, choices }: ChoiceFieldProps) {
  const error = form.errors[name]
  return (
    <div class={error === undefined ? 'field' : 'field field-wrong'}>
      <label for={name}>{label}</label>
      <select
        id={name}
        name={name}
        aria-invalid={error === undefined ? undefined : 'true'}
        aria-describedby={error === undefined ? undefined : `${name}-error`}
      >
        {choices.map(({ value, label: text }) => (
          <option key={value} value={value} selected={form.typed(name) === value}>
            {text}
          </option>
        ))}
      </select>
      <FieldError form={form} name={name} />
    </div>
  )
}

function FieldError({ form, name }: { form: Form; name: string }) {
  const error = form.errors[name]
  return error === undefined ? null : (
    <p class="field-error" id={`${name}-error`}>
      {error}
    </p>
  )
}

/** At the head of a form that came back: how much is to be mended, with a way to each place. */
export function FormErrors({ form, labels }: { form: Form; labels: Record<string, string> }) {
  const wrong = Object.keys(form.errors)
  if (wrong.length === 0) return null
  return (
    <div class="notice notice-wrong" role="alert">
      <p>{wrong.length === 1 ? 'One field needs another look:' : `${wrong.length} fields need another look:`}</p>
      <ul>
        {wrong.map((name) => (
          <li key={name}>
            <a href={`#${name}`}>{labels[name] ?? name}</a>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Every form that changes something carries it. */
export function CsrfField() {
  return <Hidden name="csrf" value={slotMark('csrf')} />
}

export function Hidden({ name, value }: { name: string; value: string | number }) {
  return <input type="hidden" name={name} value={value} />
}

export function Notice({ isWrong = false, children }: { isWrong?: boolean; children: ComponentChildren }) {
  return (
    <div class={isWrong ? 'notice notice-wrong' : 'notice'} role={isWrong ? 'alert' : 'status'}>
      {children}
    </div>
  )
}
