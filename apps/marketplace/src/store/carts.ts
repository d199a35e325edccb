/** Whose cart or order it is: an account's, or a guest's by the hash of the session token. */
export interface Buyer {
  accountId: number | null
  /** SHA-256 of the session token; the token itself is never stored. */
  sessionHash: Buffer
}

export const MAX_CART_LINES = 50
export const MAX_LINE_QUANTITY = 20

export interface CartLine {
  listingId: number
  title: string
  priceCents: number
  quantity: number
  /** What is left; less than `quantity` means that the line cannot be bought as it stands. */
  stock: number
  isHidden: boolean
  categorySlug: string
  shopName: string
}

export interface Cart {
  lines: CartLine[]
  totalCents: number
  /** Pieces over all lines: what the header shows. */
  pieceCount: number
}

export interface CartStore {
  read(buyer: Buyer): Promise<Cart>
  /** Adds pieces to a line, at most {@link MAX_LINE_QUANTITY}; answers the cart's new piece count, or null for an unknown listing or a full cart. */
  add(buyer: Buyer, listingId: number, quantity: number): Promise<number | null>
  /** Sets a line; 0 removes it. Answers the cart's new piece count. */
  set(buyer: Buyer, listingId: number, quantity: number): Promise<number>
}
