import js from '@eslint/js'
import prettier from 'eslint-config-prettier'
import plimsoll from 'eslint-plugin-plimsoll'
import tseslint from 'typescript-eslint'

const withoutPlimsoll = Object.fromEntries(Object.keys(plimsoll.configs.recommended.rules).map((rule) => [rule, 'off']))

export default tseslint.config(
  // Apps of other frameworks follow those: a Nest module is an empty class.
  { ignores: ['bench/frameworks/app/*/**', '**/dist/', '**/node_modules/', 'out/', '.data/', '**/.work/'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  plimsoll.configs.recommended,
  {
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
      },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
      // A bang is an assertion with its reason in the type above it; indexed access under noUncheckedIndexedAccess needs it on hot paths.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    files: ['scripts/**', 'bench/**', 'packages/cli/**', 'apps/demo/**', 'replay/**', 'examples/**', '**/main.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['examples/**/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { require: 'readonly', module: 'writable', console: 'readonly' },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: [
      'bench/leaks/service/**',
      'bench/leaks/sealed/**',
      'bench/soak/stranger/**',
      'bench/frameworks/app/*',
      'bench/agents/app/*',
      'packages/watch/test/fixture/*.cjs',
    ],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'require',
          'module',
          'exports',
          'setInterval',
          'clearInterval',
          'setTimeout',
          'setImmediate',
          '__dirname',
          'fetch',
          'AbortController',
          'AbortSignal',
          'clearTimeout',
        ].map((name) => [name, 'readonly']),
      ),
    },
    rules: { '@typescript-eslint/no-require-imports': 'off', '@typescript-eslint/no-extraneous-class': 'off' },
  },
  {
    files: ['packages/console/web/**', 'apps/demo/page/**'],
    languageOptions: {
      globals: Object.fromEntries(
        ['window', 'document', 'fetch', 'EventSource', 'navigator', 'setInterval', 'clearInterval', 'location'].map(
          (name) => [name, 'readonly'],
        ),
      ),
    },
  },
  {
    // These leak on purpose; test/review-finds-the-faults.test.ts holds that review finds each of them.
    files: ['apps/marketplace/src/leak/**', 'examples/leaky-*/**'],
    rules: withoutPlimsoll,
  },
  {
    // A test ends, and its process with it; a page ends with its tab.
    files: [
      'packages/console/web/**',
      'apps/demo/page/**',
      '**/*.test.ts',
      '**/*.test.tsx',
      '**/*.suite.ts',
      '**/test/**',
      '**/testing/**',
      'bench/**',
    ],
    rules: withoutPlimsoll,
  },
  prettier,
)
