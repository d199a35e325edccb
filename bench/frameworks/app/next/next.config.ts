import type { NextConfig } from 'next'

const config: NextConfig = {
  output: 'standalone',
  outputFileTracingRoot: import.meta.dirname,
  generateBuildId: () => 'fixed',
  experimental: { serverSourceMaps: true },
  redirects: async () => [{ source: '/moved', destination: '/html/0', permanent: false }],
}

export default config
