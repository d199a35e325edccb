// Services whose memory looks odd and is well. The words are explained in ../corpus.js.
import { steady } from '../scenario.js'

export const healthy = [
  {
    name: 'healthy-filling-lru',
    shape: 'filling cache',
    packages: { 'lru-cache': '10.4.3' },
    load: steady(30, '/p/{fresh}'),
  },
  {
    name: 'healthy-rate-limit',
    shape: 'plateau',
    packages: { 'express-rate-limit': '7.4.1', express: '4.21.2' },
    load: steady(40, '/c/{fresh}'),
  },
  {
    name: 'healthy-ttl-plateau',
    shape: 'plateau',
    packages: { 'node-cache': '5.1.2' },
    load: steady(30, '/p/{fresh}'),
  },
  {
    name: 'healthy-diurnal',
    shape: 'diurnal load',
    load: { ...steady(0, '/s/{fresh}'), rate: { period: 120, low: 2, high: 24 } },
  },
  {
    name: 'healthy-load-steps',
    shape: 'load steps',
    packages: { express: '4.21.2' },
    load: {
      requests: 1,
      routes: [{ weight: 1, path: '/report/{fresh}' }],
      rate: { steps: [10, 20, 40, 70], every: 60 },
    },
  },
  { name: 'healthy-batch-spikes', shape: 'batch spikes', load: steady(10, '/n/{fresh}') },
  { name: 'healthy-sawtooth', shape: 'sawtooth heap', load: steady(40, '/n/{fresh}') },
  {
    name: 'healthy-buffer-pool',
    shape: 'buffer pool',
    memoryMb: 512,
    load: { ...steady(0, '/b/{fresh}'), requests: 1, rate: { steps: [10, 30, 60], every: 70 } },
  },
  {
    name: 'healthy-lazy-modules',
    shape: 'lazy modules',
    heapMb: 256,
    packages: {
      lodash: '4.17.21',
      moment: '2.30.1',
      typescript: '5.6.3',
      ajv: '8.12.0',
      rxjs: '7.8.1',
      react: '17.0.2',
      'react-dom': '17.0.2',
      marked: '4.3.0',
      express: '4.21.2',
      'date-fns': '3.6.0',
      yaml: '2.6.0',
    },
    load: steady(15, '/m/{fresh}'),
  },
  {
    name: 'healthy-uploads',
    shape: 'uploads',
    memoryMb: 512,
    packages: { multer: '1.4.5-lts.1', express: '4.21.2' },
    load: {
      rate: { period: 90, low: 2, high: 14 },
      requests: 1,
      routes: [{ weight: 1, path: '/upload', bodyBytes: 300_000 }],
    },
  },
  { name: 'healthy-idle', shape: 'idle', load: { rate: 0.1, requests: 1, routes: [{ weight: 1, path: '/' }] } },
  {
    name: 'healthy-finite-catalogue',
    shape: 'finite keys',
    packages: { lodash: '4.17.21', express: '4.21.2' },
    load: steady(30, '/p/{zipf:3000}'),
  },
  { name: 'healthy-write-behind', shape: 'filled and flushed', load: steady(40, '/e/{fresh}') },
  {
    name: 'healthy-fastify',
    shape: 'ordinary',
    packages: { fastify: '5.1.0', pino: '9.5.0' },
    load: steady(40, '/p/{fresh}'),
  },
  {
    name: 'healthy-dataloader',
    shape: 'ordinary',
    packages: { dataloader: '2.2.2', koa: '2.15.3' },
    load: steady(30, '/u/{fresh}'),
  },
  {
    name: 'healthy-worker-pool',
    shape: 'threads',
    packages: { piscina: '4.7.0' },
    extraFiles: ['double.cjs'],
    load: steady(20, '/w/{fresh}'),
  },
  { name: 'healthy-etags', shape: 'bounded by hand', load: steady(40, '/e/{fresh}') },
].map((service) => ({ memory: null, module: null, places: [], ...service }))
