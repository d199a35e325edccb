/** Alerts of others, silences, states of rules, accounts, the audit log. */
export const alerts = {
  name: '002_alerts.sql',
  text: `
create table alerts (
  fingerprint text primary key,
  labels jsonb not null,
  annotations jsonb not null,
  starts_at_ms bigint not null,
  -- Null: until somebody says that it is over.
  ends_at_ms bigint,
  updated_at_ms bigint not null,
  is_timeout boolean not null,
  generator_url text not null
);

create table silences (
  id text primary key,
  matchers jsonb not null,
  starts_at_ms bigint not null,
  ends_at_ms bigint not null,
  created_by text not null,
  comment text not null,
  updated_at_ms bigint not null
);

create table rule_states (
  fingerprint text primary key,
  service text not null,
  seen_since_ms bigint,
  last_seen_at_ms bigint not null,
  is_firing boolean not null
);

create table heartbeats (
  name text primary key,
  last_at_ms bigint not null
);

create table deploys (
  service text not null,
  version text not null,
  at_ms bigint not null,
  primary key (service, version)
);

create table audit (
  id integer generated always as identity primary key,
  at_ms bigint not null,
  who text not null,
  role text not null,
  what text not null,
  status integer not null
);

create table people (
  name text primary key,
  role text not null check (role in ('viewer', 'responder', 'admin')),
  password_hash text,
  created_at_ms bigint not null
);
alter table sign_in_links add column name text;

alter table tokens drop constraint tokens_scope_check;
alter table tokens add constraint tokens_scope_check check (scope in ('agent', 'alerts', 'viewer', 'responder', 'admin'));
alter table tokens add column name text not null default '';
-- An agent's token may be good for one service only.
alter table tokens add column service text;
alter table tokens add column created_by text not null default 'this installation';

alter table outbox alter column incident_id drop not null;
alter table outbox drop constraint outbox_channel_check;
-- It was sent before as far as anybody knows: the console died before it could note what came of it.
alter table outbox add column is_repeat boolean not null default false;
-- What the receiver calls it: the first one of an incident is what later ones are threaded to.
alter table outbox add column receipt text;

-- What people wrote into a postmortem, by section; the rest is drafted anew from what was recorded.
alter table incidents add column edits jsonb not null default '{}';
-- Alerts that no rule of ours explains are told apart by their name.
alter table incidents add column group_key text not null default '';
drop index one_open_incident_per_cause;
create unique index one_open_incident_per_problem on incidents (service, cause, group_key) where state <> 'resolved';
`,
}
