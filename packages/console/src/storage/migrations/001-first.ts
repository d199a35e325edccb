/** Instants are epoch milliseconds of the injected clock; SQL itself never asks what time it is. */
export const first = {
  name: '001_first.sql',
  text: `
create table incidents (
  id integer generated always as identity primary key,
  service text not null,
  cause text not null,
  state text not null check (state in ('open', 'acknowledged', 'resolved')),
  opened_at_ms bigint not null,
  resolved_at_ms bigint,
  revision integer not null,
  record jsonb not null,
  postmortem text
);
-- One open incident for one problem, whoever tries to open a second one.
create unique index one_open_incident_per_cause on incidents (service, cause) where state <> 'resolved';
create index incidents_by_state on incidents (state, id);

create table events (
  incident_id integer not null references incidents (id),
  sequence integer not null,
  at_ms bigint not null,
  by text not null check (by in ('machine', 'person')),
  kind text not null,
  sentence text not null,
  primary key (incident_id, sequence)
);

create table timers (
  kind text not null,
  incident_id integer not null references incidents (id),
  due_at_ms bigint not null,
  generation integer not null,
  primary key (kind, incident_id)
);

create table outbox (
  id integer generated always as identity primary key,
  key text not null unique,
  incident_id integer not null references incidents (id),
  team text,
  channel text not null check (channel in ('mail', 'webhook')),
  destination text not null,
  reason text not null,
  level integer,
  subject text not null,
  message jsonb not null,
  status text not null check (status in ('pending', 'sending', 'sent', 'cancelled', 'dead')),
  attempt_count integer not null default 0,
  created_at_ms bigint not null,
  due_at_ms bigint not null,
  lease_until_ms bigint,
  fence integer not null default 0,
  sent_at_ms bigint,
  last_error text
);
create index outbox_to_do on outbox (due_at_ms) where status in ('pending', 'sending');
create index outbox_by_incident on outbox (incident_id, id);

create table commands (
  id text primary key,
  incident_id integer not null references incidents (id),
  deliver_to text not null,
  command jsonb not null,
  is_open boolean not null,
  created_at_ms bigint not null
);
create index open_commands on commands (incident_id) where is_open;

create table sessions (
  token_hash text primary key,
  name text not null,
  role text not null check (role in ('viewer', 'responder', 'admin')),
  created_at_ms bigint not null,
  expires_at_ms bigint not null
);

create table sign_in_links (
  token_hash text primary key,
  role text not null,
  expires_at_ms bigint not null,
  used_at_ms bigint
);

create table tokens (
  token_hash text primary key,
  scope text not null check (scope in ('agent', 'responder')),
  created_at_ms bigint not null
);

-- Teams, contacts, escalation and policies as they were in force, one row for each change of the configuration.
create table configurations (
  checksum text primary key,
  since_ms bigint not null,
  configuration jsonb not null
);
`,
}
