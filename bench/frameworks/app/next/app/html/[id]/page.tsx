import { remember } from '../../../lib/pages'

export const dynamic = 'force-dynamic'

export default async function HtmlPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params
  const { items } = remember(id)
  return (
    <ul>
      {items.map((item) => (
        <li key={item}>{item}</li>
      ))}
    </ul>
  )
}
