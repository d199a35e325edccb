import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'

/** Cost of one hash: 16 MB and about 50 ms of one core, off the main thread. OWASP's floor for scrypt with p = 1 is N = 2¹⁷; a shop's sign-in under load is held by 2¹⁴ and the rate limit. */
const cost = { N: 16_384, r: 8, p: 1 }
const KEY_BYTES = 32

export const MIN_PASSWORD_LENGTH = 10
export const MAX_PASSWORD_LENGTH = 200

/** `scrypt$N$r$p$salt$key`, so that the cost can be raised without losing the old ones. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, cost)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** Takes as long for a hash that matches nothing (`none`, or an unknown address) as for a wrong password. */
export async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const [scheme, N, r, p, salt, key] = (hash ?? '').split('$')
  const isReal = scheme === 'scrypt' && salt !== undefined && key !== undefined
  const options = isReal ? { N: Number(N), r: Number(r), p: Number(p) } : cost
  const derived = await derive(password, Buffer.from(isReal ? salt : 'nobody', 'base64url'), options)
  return isReal && timingSafeEqual(derived, Buffer.from(key, 'base64url'))
}

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  )
}
