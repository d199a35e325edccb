export const dynamic = 'force-dynamic'

export default function BrokenPage(): never {
  throw new Error('broken on purpose')
}
