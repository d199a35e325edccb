/** Messages that went out as one. */
export const digests = {
  name: '003_digests.sql',
  text: `
-- The message whose number the digest has, in each of those it gathered; null: it went out by itself.
alter table outbox add column digest_id integer;
create index outbox_by_digest on outbox (digest_id) where digest_id is not null;
create index outbox_calls_sent on outbox (sent_at_ms) where status = 'sent' and reason in ('page', 'owner');
`,
}
