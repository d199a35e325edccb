/** Messages that tell of an end are gathered, too. */
export const ends = {
  name: '004_ends.sql',
  text: `
-- What was said lately to an address is counted at each look.
drop index outbox_calls_sent;
create index outbox_counted_sent on outbox (sent_at_ms) where status = 'sent' and reason in ('page', 'owner', 'resolved');
`,
}
