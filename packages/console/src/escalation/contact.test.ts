import { expect, test } from 'vitest'
import { showUrl } from './contact.ts'

test.each([
  [
    'https://discord.com/api/webhooks/123456789012345678/aBcD_efGh1234567890-ijkl',
    'https://discord.com/api/webhooks/…5678/…ijkl',
  ],
  ['https://chat.example.org/hooks/9f8e7d6c5b4a39281706f5e4d3c2b1a0', 'https://chat.example.org/hooks/…b1a0'],
  ['https://hook.example.org/in?key=s3cr3t', 'https://hook.example.org/in'],
  ['https://user:s3cr3t@hook.example.org/in', 'https://hook.example.org/in'],
  ['https://hook.example.org/in/abcDEF12345', 'https://hook.example.org/in/…'],
  ['https://hook.example.org/aBcDeFgHi', 'https://hook.example.org/…'],
  ['https://hook.example.org/12345678/in', 'https://hook.example.org/…/in'],
  ['https://hook.example.org/xkzrTpqvWbnm', 'https://hook.example.org/…'],
  ['https://hook.example.org/IncomingWebhook/aBcdEfghIjklMnopQr', 'https://hook.example.org/IncomingWebhook/…opQr'],
  ['https://hook.example.org/hook/CorrectHorseBatteryStaple', 'https://hook.example.org/hook/…aple'],
  ['https://hook.example.org/hook/QwerTyuiOpas', 'https://hook.example.org/hook/…'],
  ['https://hook.example.org/team/KolibAra', 'https://hook.example.org/team/…'],
  ['https://hook.example.org/onCallTeam/incidentNotifications', 'https://hook.example.org/onCallTeam/…ions'],
])('what is secret in %s is not shown', (url, shown) => {
  expect(showUrl(url)).toMatch(new RegExp(`^${shown.replaceAll(/[.?]/g, '\\$&')} [0-9a-f]{6}$`))
})

test.each([
  'http://127.0.0.1:9093',
  'https://pager.example.org/hook',
  'https://pager.example.org/api/v1/webhooks/alertmanager',
  'https://pager.example.org/Webhooks/PRODUCTION/team-2',
  'https://pager.example.org/webhooks/alertManager',
  'https://pager.example.org/IncomingWebhook/onCallTeam/incidentAlerts',
])('%s is shown as it is', (url) => expect(showUrl(url)).toBe(url))

test('two addresses that differ in their secret alone are told apart', () => {
  expect(showUrl('https://h.example.org/aaaaaaaaaaaaaaaa1')).not.toBe(
    showUrl('https://h.example.org/baaaaaaaaaaaaaaa1'),
  )
})
