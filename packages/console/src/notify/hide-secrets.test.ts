import { expect, test } from 'vitest'
import { parseConfig } from '../config-file.ts'
import { createHider } from './hide-secrets.ts'

const hiderOf = (given: Record<string, unknown>, others: string[] = []) => createHider(parseConfig(given), others)
const contact = (value: object) => hiderOf({ teams: [{ name: 'all', contacts: [value] }] })
const smtp = (user: string, password: string) =>
  hiderOf({ smtp: { url: `smtp://${user}:${encodeURIComponent(password)}@mail.example.org`, from: 'p@example.org' } })
const database = (url: string) => hiderOf({ services: [{ name: 'web', database: url }] })
const base64 = (text: string) => Buffer.from(text).toString('base64')

test('an address that is the secret itself is hidden with a short path, too', () => {
  const hide = contact({ webhook: 'https://hooks.example.org/in/abcDEF12345?token=aa%2Fbb%2Fccdd%3D' })
  expect(hide('POST /in/abcDEF12345 refused')).toBe('POST … refused')
  expect(hide('no hook abcDEF12345')).toBe('no hook …')
  expect(hide('token aa%2Fbb%2Fccdd%3D or aa/bb/ccdd=')).toBe('token … or …')
  expect(hide('https://hooks.example.org/in/abcDEF12345?token=aa%2Fbb%2Fccdd%3D')).toBe('https://hooks.example.org…')
  const deadman = hiderOf({ deadman: { url: 'https://example.org/0aa1-22bb', every: '10s' } })
  expect(deadman('/0aa1-22bb, 0aa1-22bb')).toBe('…, …')
})

test.each(['abcDEF12345', 'CorrectHorseBatteryStaple', 'QwerTyuiOpas', 'TeamAlerts'])(
  'a peer that quotes the last part of such an address tells no secret: %s',
  (part) => {
    const hide = contact({ webhook: `https://hooks.example.org/webhooks/${part}` })
    expect(hide(`no hook ${part} among the webhooks`)).toBe('no hook … among the webhooks')
  },
)

test('a secret is found as it stands in JSON', () => {
  const secret = 'p"q\\rstuvwx0'
  expect(hiderOf({}, [secret])(JSON.stringify({ secret }))).toBe('{"secret":"…"}')
})

test('a password is found in each form in which mail and HTTP send it', () => {
  const hide = smtp('user', 'sm/tp/pass')
  for (const form of ['sm/tp/pass', 'sm%2Ftp%2Fpass', base64('\0user\0sm/tp/pass'), base64('user:sm/tp/pass')])
    expect(hide(`AUTH ${form}.`)).toBe('AUTH ….')
  expect(hide(base64('sm/tp/pass'))).toBe('…')
})

test('a short password, or a common word, is found where it can be nothing else', () => {
  const short = smtp('u', 'p4ss')
  expect(short(`smtp://u:p4ss@mail ${base64('u:p4ss')} ${base64('\0u\0p4ss')}`)).toBe('smtp://u…mail … …')
  expect(short('p4ss')).toBe('p4ss')
  const common = database('postgres://postgres:postgres@localhost/shop?sslmode=verify-full&application_name=plimsoll')
  expect(common('postgres://postgres:postgres@localhost')).toBe('postgres://postgres…localhost')
})

test('of a database only the password is secret, so that its errors can be read', () => {
  const line = 'connect ECONNREFUSED postgres:5432, database of plimsoll_shop, sslmode verify-full'
  expect(
    database('postgres://postgres:postgres@localhost/shop?sslmode=verify-full&application_name=plimsoll')(line),
  ).toBe(line)
  const hide = database('postgres://plimsoll_shop@localhost/shop?password=k3y%2Fk3y%2Fk3y&sslmode=verify-full')
  expect(hide(line)).toBe(line)
  expect(hide('k3y/k3y/k3y k3y%2Fk3y%2Fk3y')).toBe('… …')
})

test('a secret that a peer cut in two at its end is hidden', () => {
  const hide = hiderOf({}, ['xoxb-2480139-slackToken0'])
  expect(hide('it said Bearer xoxb-2480139-sla')).toBe('it said Bearer …')
  expect(hide('it said Bearer xoxb-24')).toBe('it said Bearer xoxb-24')
})
