import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'

import { expect, test } from 'vitest'

import { startTraffic } from './traffic.ts'

/** One value in DER: tag, length, content. */
function der(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const sequence = (...content: Buffer[]): Buffer => der(0x30, ...content)

/** A certificate of the least that TLS accepts (X.509 version 1, Ed25519), which signs itself: as services under test have them. */
function selfSigned(): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const algorithm = sequence(der(0x06, Buffer.from([0x2b, 0x65, 0x70])))
  const name = sequence(der(0x31, sequence(der(0x06, Buffer.from([0x55, 0x04, 0x03])), der(0x0c, Buffer.from('test')))))
  const validity = sequence(der(0x17, Buffer.from('250101000000Z')), der(0x17, Buffer.from('490101000000Z')))
  const serial = der(0x02, Buffer.from([1]))
  const body = sequence(serial, algorithm, name, validity, name, publicKey.export({ type: 'spki', format: 'der' }))
  const signature = der(0x03, Buffer.from([0]), sign(null, body, privateKey))
  const text = sequence(body, algorithm, signature).toString('base64').replaceAll(/.{64}/g, '$&\n')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
  }
}

test('a service with a certificate of its own is driven over TLS, on kept connections', async () => {
  let connectionCount = 0
  const server = createServer(selfSigned(), (request, response) => response.end(`you asked for ${request.url}`))
  server.on('secureConnection', () => void connectionCount++)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  try {
    const report = await startTraffic({
      origin: `https://127.0.0.1:${port}`,
      seed: 1,
      ratePerSec: 100,
      durationMs: 60_000,
      maxRequests: 60,
      connections: 'own',
      journeys: {
        three: {
          weight: 1,
          async run(user) {
            for (const path of ['/a', '/b', '/c']) {
              const answer = await user.get(path)
              answer.check(answer.text === `you asked for ${path}`, 'the answer is that of this path')
            }
          },
        },
      },
    }).done
    expect(report.total).toMatchObject({ requestCount: 60, failureCount: 0 })
    expect(connectionCount).toBeGreaterThan(0)
    expect(connectionCount).toBeLessThan(60)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
