// What the bench runs, as data: packages at fixed versions, the steps that build the app, what starts it, and the line that leaks.
//
//   app       file or folder under app/ that is copied
//   build     commands, run once in the folder of the app
//   start     arguments of node; `from`: the folder it is started in, as a standalone build is
//   requests  which of the recorded requests it answers; null: only its leak is looked for
//   leak      `code` is part of the leaking line of `file`; `isMapped: false` where the build has no map and the watch has to say so

const common = ['/page/known-{n}', '/html/{n}', 'POST /echo', '/moved', '/broken', '/late', '/parts', '/nothing-here']
const leakInPages = { file: 'pages.cjs', code: 'pages.set(id, page)', path: '/page/{n}' }
const leakInTypeScript = { file: 'src/catalog/pages.ts', code: 'this.#pages.set(id, page)', path: '/page/{n}' }
const typescript = { typescript: '6.0.3', '@types/node': '20.19.9' }
const esbuild = ['node_modules/.bin/esbuild', 'src/main.ts', '--bundle', '--platform=node', '--minify']

export const frameworks = [
  {
    name: 'express',
    app: 'express.cjs',
    extraFiles: ['pages.cjs'],
    packages: { express: '5.1.0' },
    start: ['express.cjs'],
    requests: common,
    leak: leakInPages,
  },
  {
    name: 'fastify',
    app: 'fastify.mjs',
    extraFiles: ['pages.cjs'],
    packages: { fastify: '5.6.1' },
    start: ['fastify.mjs'],
    requests: common,
    leak: leakInPages,
  },
  {
    name: 'koa',
    app: 'koa.cjs',
    extraFiles: ['pages.cjs'],
    packages: { koa: '3.0.1' },
    start: ['koa.cjs'],
    requests: common,
    leak: leakInPages,
  },
  {
    name: 'nest',
    app: 'nest',
    packages: {
      ...typescript,
      '@nestjs/common': '11.1.6',
      '@nestjs/core': '11.1.6',
      '@nestjs/platform-express': '11.1.6',
      'reflect-metadata': '0.2.2',
      rxjs: '7.8.2',
    },
    build: [['node_modules/.bin/tsc']],
    start: ['dist/main.js'],
    requests: common,
    leak: { file: 'src/page-store.ts', code: 'this.pages.set(id, page)', path: '/page/{n}' },
  },
  {
    name: 'next',
    app: 'next',
    packages: {
      ...typescript,
      '@types/react': '19.1.0',
      next: '16.2.6',
      react: '19.1.0',
      'react-dom': '19.1.0',
    },
    // A standalone build leaves its maps behind.
    build: [
      ['node_modules/.bin/next', 'build'],
      ['cp', '-r', '.next/server/.', '.next/standalone/.next/server/'],
    ],
    start: ['server.js'],
    from: '.next/standalone',
    requests: ['/api/page/known-{n}', '/html/known-{n}', 'POST /api/echo', '/moved', '/broken', '/nothing-here'],
    leak: { file: 'lib/pages.ts', code: 'pages.set(id, page)', path: '/api/page/{n}' },
  },
  {
    name: 'tsc',
    app: 'typescript',
    packages: typescript,
    type: 'module',
    build: [['node_modules/.bin/tsc']],
    start: ['dist/main.js'],
    requests: null,
    leak: leakInTypeScript,
  },
  {
    // Transpiled in memory, and nothing of that on the disk.
    name: 'tsx',
    app: 'typescript',
    packages: { tsx: '4.20.6' },
    type: 'module',
    start: ['--import', 'tsx', 'src/main.ts'],
    requests: null,
    leak: leakInTypeScript,
  },
  {
    name: 'esbuild-minified',
    app: 'typescript',
    packages: { esbuild: '0.25.9' },
    build: [[...esbuild, '--sourcemap', '--outfile=dist/main.cjs']],
    start: ['dist/main.cjs'],
    requests: null,
    leak: leakInTypeScript,
  },
  {
    name: 'esbuild-inline-map',
    app: 'typescript',
    packages: { esbuild: '0.25.9' },
    build: [[...esbuild, '--sourcemap=inline', '--format=esm', '--outfile=dist/main.mjs']],
    start: ['dist/main.mjs'],
    requests: null,
    leak: leakInTypeScript,
  },
  {
    name: 'esbuild-without-map',
    app: 'typescript',
    packages: { esbuild: '0.25.9' },
    build: [[...esbuild, '--outfile=dist/main.cjs']],
    start: ['dist/main.cjs'],
    requests: null,
    leak: { ...leakInTypeScript, isMapped: false },
  },
]
