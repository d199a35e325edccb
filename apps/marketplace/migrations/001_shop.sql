-- Money is whole cents of one currency. Text that people order by is compared byte by byte (COLLATE "C"), so that every
-- PostgreSQL answers in the same order.

create table categories (
  id smallint primary key,
  slug text not null unique,
  name text not null
);

create table accounts (
  id integer generated always as identity primary key,
  -- Lower case: two spellings of one address are one account.
  email text not null unique check (length(email) between 3 and 200 and email = lower(email)),
  name text not null check (length(name) between 1 and 80),
  password_hash text not null,
  created_at timestamptz not null default now()
);

create table shops (
  id integer generated always as identity primary key,
  account_id integer not null unique references accounts,
  name text not null unique check (length(name) between 3 and 60),
  place text not null check (length(place) between 2 and 60),
  created_at timestamptz not null default now()
);

create table listings (
  id integer generated always as identity primary key,
  shop_id integer not null references shops,
  category_id smallint not null references categories,
  title text not null check (length(title) between 3 and 120),
  description text not null check (length(description) <= 4000),
  material text not null check (length(material) <= 60),
  condition text not null check (condition in ('new', 'like-new', 'good', 'worn')),
  price_cents integer not null check (price_cents between 50 and 10000000),
  -- The last line against overselling; the checkout never leans on it.
  stock integer not null check (stock >= 0),
  is_hidden boolean not null default false,
  popularity integer not null default 0,
  created_at timestamptz not null default now(),
  words tsvector not null generated always as (
    setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', material || ' ' || description), 'C')
  ) stored
) with (fillfactor = 90);
-- Stock stands in no index, so that selling a piece is an update within its page.
create index listings_words on listings using gin (words);
create index listings_by_category on listings (category_id, popularity desc, id) where not is_hidden;
create index listings_by_popularity on listings (popularity desc, id) where not is_hidden;
create index listings_by_shop on listings (shop_id, id desc);

create table sessions (
  -- SHA-256 of the token in the visitor's cookie: who reads this table can be nobody's guest.
  token_hash bytea primary key check (length(token_hash) = 32),
  account_id integer not null references accounts on delete cascade,
  expires_at timestamptz not null
);
create index sessions_by_expiry on sessions (expires_at);

create table cart_lines (
  -- `account:42`, or the 32 bytes of a guest's token hash.
  owner bytea not null,
  listing_id integer not null references listings,
  quantity integer not null check (quantity between 1 and 20),
  touched_at timestamptz not null default now(),
  primary key (owner, listing_id)
);
create index cart_lines_by_age on cart_lines (touched_at);

create table orders (
  id integer generated always as identity primary key,
  idempotency_key text not null unique,
  -- SHA-256 of what was asked under the key: the same key with other contents is refused.
  request_hash bytea not null,
  owner bytea not null,
  state text not null check (state in ('reserved', 'expiring', 'paid', 'shipped', 'cancelled')),
  email text not null,
  address jsonb not null,
  total_cents bigint not null check (total_cents > 0),
  placed_at timestamptz not null default now(),
  -- The stock is held until then.
  hold_ends_at timestamptz not null,
  -- Whoever settles the payment works under this lease; others with the same key wait or take over after it.
  claimed_until timestamptz not null,
  claimed_by text not null,
  authorisation text,
  -- What the buyer was told, word for word (json keeps the text, jsonb would not), once it is settled.
  answer json
);
create index orders_by_owner on orders (owner, id desc);
create index orders_on_hold on orders (hold_ends_at) where state in ('reserved', 'expiring');

create table order_items (
  order_id integer not null references orders,
  listing_id integer not null references listings,
  shop_id integer not null references shops,
  title text not null,
  price_cents integer not null,
  quantity integer not null check (quantity > 0),
  primary key (order_id, listing_id)
);

create table order_events (
  id bigint generated always as identity primary key,
  order_id integer not null references orders,
  state text not null,
  cause text not null,
  at timestamptz not null default now()
);
create index order_events_by_order on order_events (order_id, id);

create table shipments (
  order_id integer not null references orders,
  shop_id integer not null references shops,
  shipped_at timestamptz,
  primary key (order_id, shop_id)
);
create index shipments_by_shop on shipments (shop_id, shipped_at, order_id);

-- Double entry: what the provider holds for us on one side, what we owe the shops and earned on the other. Every order's
-- entries sum to zero, and no entry can be made twice.
create table ledger_entries (
  order_id integer not null references orders,
  account text not null check (account in ('provider', 'shop', 'commission')),
  shop_id integer not null,
  amount_cents bigint not null,
  booked_at timestamptz not null default now(),
  primary key (order_id, account, shop_id)
);

-- What the shop was filled with, so that another seed is refused instead of mixed in.
create table seedings (
  seed integer not null,
  listing_count integer not null,
  data_hash text not null,
  seeded_at timestamptz not null default now()
);
