const rooms = [
  { href: '/sell/listings', name: 'Your listings' },
  { href: '/sell/orders', name: 'Orders to send' },
  { href: '/sell/new', name: 'List an item' },
] as const

/** The ways through a seller's own rooms. */
export function SellerNav({ here }: { here: (typeof rooms)[number]['href'] | null }) {
  return (
    <nav class="tabs" aria-label="Your shop">
      {rooms.map(({ href, name }) => (
        <a key={href} href={href} aria-current={href === here ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  )
}
