/** A released package that is known to leak: which versions, what they keep, and who says so. */
export interface KnownLeak {
  name: string
  /** First affected version; absent when every version before `fixedIn` is. */
  since?: string
  /** First version of its line that no longer leaks; `null` when there is none. */
  fixedIn: string | null
  /** What grows, as a sentence. */
  what: string
  /** Where this was admitted or shown. */
  source: string
}

/**
 * A table, so that a reader can check it: each row was compared with its source, and those whose source is an issue also with the
 * code of the last leaking and of the first fixed release. A line of releases that was fixed on its own has a row of its own.
 */
export const knownLeaks: readonly KnownLeak[] = [
  {
    name: '@azure/abort-controller',
    fixedIn: '2.0.0',
    what: 'A controller made with a parent signal leaves its listener on the parent for ever.',
    source: 'https://github.com/Azure/azure-sdk-for-js/issues/12030',
  },
  {
    name: 'axios',
    fixedIn: '0.22.0',
    what: 'Each request adds a reaction to its cancel token that a long-lived token never lets go.',
    source: 'https://github.com/axios/axios/pull/3305',
  },
  {
    name: 'cacheable-request',
    fixedIn: '6.1.0',
    what: 'Each request adds an error listener to the shared store.',
    source: 'https://github.com/sindresorhus/got/issues/1128',
  },
  {
    name: 'component-emitter',
    fixedIn: '1.3.0',
    what: 'The list of an event stays when its last listener has left, one for each event name ever used.',
    source: 'https://github.com/sindresorhus/component-emitter/pull/74',
  },
  {
    name: 'debug',
    since: '3.0.0',
    fixedIn: '4.3.0',
    what: 'Every debug() call is kept in a list of instances.',
    source: 'https://github.com/debug-js/debug/pull/740',
  },
  {
    name: 'graphql-subscriptions',
    fixedIn: '1.2.1',
    what: 'withFilter chains a promise for each message that no subscriber wants.',
    source: 'https://github.com/apollographql/graphql-subscriptions/pull/209',
  },
  {
    name: 'inflight',
    fixedIn: null,
    what: 'A request whose callback never comes keeps its key and everybody who waits. Its authors have given it up; lru-cache has fetch().',
    source: 'https://www.npmjs.com/package/inflight',
  },
  {
    name: 'mem',
    fixedIn: '4.0.0',
    what: 'Results stay in the cache after their maxAge.',
    source: 'https://github.com/advisories/GHSA-4xcv-9jjx-gfj3',
  },
  {
    name: 'mongoose',
    fixedIn: '6.4.0',
    what: 'A connection stays in mongoose.connections when it is closed, and nothing else takes it out.',
    source: 'https://github.com/Automattic/mongoose/issues/2337',
  },
  {
    name: 'multer',
    fixedIn: '2.0.0',
    what: 'An upload whose request fails leaves its parser stream open.',
    source: 'https://github.com/expressjs/multer/security/advisories/GHSA-44fp-w29j-9vj5',
  },
  {
    name: 'node-cron',
    since: '3.0.0',
    fixedIn: '4.0.0',
    what: 'A task stays in the list of scheduled tasks after it was stopped.',
    source: 'https://github.com/node-cron/node-cron/issues/348',
  },
  {
    name: 'p-map',
    since: '5.4.0',
    fixedIn: '7.0.3',
    what: 'Each call leaves an abort listener on its signal.',
    source: 'https://github.com/sindresorhus/p-map/issues/75',
  },
  {
    name: 'p-queue',
    since: '7.3.4',
    fixedIn: '9.0.1',
    what: 'Each task leaves an abort listener on its signal.',
    source: 'https://github.com/sindresorhus/p-queue/pull/235',
  },
  {
    name: 'p-timeout',
    since: '5.1.0',
    fixedIn: '6.1.3',
    what: 'Each call leaves an abort listener on its signal.',
    source: 'https://github.com/sindresorhus/p-timeout/issues/42',
  },
  {
    name: 'socket.io-adapter',
    fixedIn: '0.3.1',
    what: 'A room stays when the last socket has left it, and each socket has a room of its own.',
    source: 'https://github.com/socketio/socket.io/issues/1599',
  },
  {
    name: 'undici',
    fixedIn: '5.29.0',
    what: 'A request to a host with an invalid certificate leaves memory behind.',
    source: 'https://github.com/nodejs/undici/security/advisories/GHSA-cxrh-j4jr-qwg3',
  },
  {
    name: 'undici',
    since: '6.0.0',
    fixedIn: '6.21.2',
    what: 'A request to a host with an invalid certificate leaves memory behind.',
    source: 'https://github.com/nodejs/undici/security/advisories/GHSA-cxrh-j4jr-qwg3',
  },
  {
    name: 'undici',
    since: '7.0.0',
    fixedIn: '7.5.0',
    what: 'A request to a host with an invalid certificate leaves memory behind.',
    source: 'https://github.com/nodejs/undici/security/advisories/GHSA-cxrh-j4jr-qwg3',
  },
]
