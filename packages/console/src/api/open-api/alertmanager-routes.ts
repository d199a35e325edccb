import { listOf, objectOf, ref, type Route } from './route.ts'

const filter = {
  name: 'filter',
  what: 'Matchers such as severity="critical"; all of them must fit.',
  schema: { type: 'array', items: { type: 'string' } },
}
const receiver = { name: 'receiver', what: 'Only where this expression fits the name of a receiver.' }
const alertStates = ['active', 'silenced', 'inhibited', 'unprocessed'].map((name) => ({
  name,
  what: `Whether those that are ${name} are told, too.`,
  schema: { type: 'boolean', default: true },
}))

/** What an Alertmanager answers, and the console in its place. */
export const alertmanagerRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/api/v1/webhooks/alertmanager',
    who: 'alert',
    summary: "Alertmanager's webhook, version 4.",
    shape: ref('AlertmanagerWebhook'),
    answer: objectOf({ taken: 'integer' }),
  },
  {
    method: 'get',
    path: '/api/v2/alerts',
    who: 'alert',
    summary: 'Alertmanager: alerts that fire.',
    query: [filter, receiver, ...alertStates],
    answer: listOf('GettableAlert'),
    refuses: [400],
  },
  {
    method: 'post',
    path: '/api/v2/alerts',
    who: 'alert',
    summary: 'Alertmanager: takes alerts in.',
    shape: listOf('PostableAlert'),
  },
  {
    method: 'get',
    path: '/api/v2/alerts/groups',
    who: 'alert',
    summary: 'Alertmanager: the same in groups.',
    query: [filter, receiver, ...alertStates],
    answer: listOf('AlertGroup'),
    refuses: [400],
  },
  {
    method: 'get',
    path: '/api/v2/receivers',
    who: 'alert',
    summary: 'Alertmanager: whom alerts reach.',
    answer: listOf('AlertReceiver'),
  },
  {
    method: 'get',
    path: '/api/v2/status',
    who: 'alert',
    summary: 'Alertmanager: this console.',
    answer: ref('AlertmanagerStatus'),
  },
  {
    method: 'get',
    path: '/api/v2/silences',
    who: 'alert',
    summary: 'Alertmanager: silences.',
    query: [filter],
    answer: listOf('GettableSilence'),
    refuses: [400],
  },
  {
    method: 'post',
    path: '/api/v2/silences',
    who: 'alert',
    summary: 'Alertmanager: makes or changes a silence.',
    shape: ref('PostableSilence'),
    answer: objectOf({ silenceID: 'string' }),
    refuses: [404, 409],
  },
  {
    method: 'get',
    path: '/api/v2/silence/{id}',
    who: 'alert',
    summary: 'Alertmanager: one silence.',
    answer: ref('GettableSilence'),
    refuses: [404],
  },
  {
    method: 'delete',
    path: '/api/v2/silence/{id}',
    who: 'alert',
    summary: 'Alertmanager: ends a silence.',
    refuses: [404, 409],
  },
  { method: 'get', path: '/-/healthy', who: 'anyone', summary: 'It lives.', answers: 'text/plain' },
  { method: 'get', path: '/-/ready', who: 'anyone', summary: 'It serves.', answers: 'text/plain' },
  {
    method: 'post',
    path: '/-/reload',
    who: 'rule',
    summary: 'Answers how to reload.',
    answers: 'text/plain',
    status: 501,
  },
]
