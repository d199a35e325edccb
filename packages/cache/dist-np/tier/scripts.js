import { createHash } from 'node:crypto';
/*
 * What the tier keeps in Redis. A partition is one hash slot, so that a script may touch all of it:
 *
 *   {ns:p}              hash    life   a name, new whenever this server process may have forgotten something
 *                               run    the server's own run id when that name was given
 *                               seq    number of the last change that was logged
 *                               t:…    for each cache that was cleared, and each tag that was invalidated, lately: "seq time"
 *   {ns:p}:log          stream  the last changes, each under its number
 *   {ns:p}:LIFE:v:KEY   string  an entry: seq when it was written, its tags, the encoded value
 *   {ns:p}:LIFE:l:KEY   string  the lease of whoever loads the entry just now
 *
 * Entries and leases have the life in their names: with a new life, what an older one left can no longer be reached, and its
 * time to live clears it away. Whatever Redis evicts is safe to lose: without the hash a new life begins, without a part of the
 * log a reader sees the gap.
 *
 * Each script begins by comparing the caller's life, and answers "life" when the caller has to look again.
 */
const script = (source) => ({ source, sha: createHash('sha1').update(source).digest('hex') });
/** Lua shared by the scripts: whether its cache, or one of its at most 100 tags, was invalidated after an entry was written. */
const voidness = `
local function seqOf(marker) return marker and tonumber(string.match(marker, '^%d+')) or 0 end
local function isOlder(seq, own, tags)
  local fields = {'t:' .. own}
  for i = 1, #tags do fields[i + 1] = 't:' .. own .. '.' .. tags[i] end
  for _, marker in ipairs(redis.call('HMGET', KEYS[1], unpack(fields))) do
    if seqOf(marker) > seq then return true end
  end
  return false
end`;
/**
 * The entry; else, for who has a token, the right to load it.
 * KEYS state, value, lease; ARGV life, token or '', lease ms, the cache.
 * Answers {'hit', value, ms to live} | {'load', seq} | {'wait'} | {'miss'} | {'full'} | {'life'}.
 */
export const takeScript = script(`${voidness}
local state = redis.call('HMGET', KEYS[1], 'life', 'seq')
if state[1] ~= ARGV[1] then return {'life'} end
local value = redis.call('GET', KEYS[2])
if value then
  local first = string.find(value, '\\n', 1, true)
  local second = string.find(value, '\\n', first + 1, true)
  local seq = tonumber(string.sub(value, 1, first - 1))
  local tags = second > first + 1 and cjson.decode(string.sub(value, first + 1, second - 1)) or {}
  if not isOlder(seq, ARGV[4], tags) then return {'hit', value, redis.call('PTTL', KEYS[2])} end
  redis.call('DEL', KEYS[2])
end
if ARGV[2] == '' then return {'miss'} end
local got = redis.pcall('SET', KEYS[3], ARGV[2], 'NX', 'PX', ARGV[3])
if type(got) == 'table' and got.err then return {'full'} end
return got and {'load', state[2]} or {'wait'}`);
/**
 * Keeps what was loaded, unless a newer truth has come or the lease was lost: that is the fence.
 * KEYS state, value, lease; ARGV life, token, seq when the lease was given, ms to live, tags as JSON, the cache, bytes.
 * Answers 'kept' | 'fenced' | 'full' | 'life'.
 */
export const fillScript = script(`${voidness}
local state = redis.call('HMGET', KEYS[1], 'life', 'seq')
if state[1] ~= ARGV[1] then return 'life' end
if redis.call('GET', KEYS[3]) ~= ARGV[2] then return 'fenced' end
local tags = ARGV[5] == '' and {} or cjson.decode(ARGV[5])
local outcome = 'fenced'
if not isOlder(tonumber(ARGV[3]), ARGV[6], tags) then
  local kept = redis.pcall('SET', KEYS[2], state[2] .. '\\n' .. ARGV[5] .. '\\n' .. ARGV[7], 'PX', ARGV[4])
  outcome = kept.err and 'full' or 'kept'
end
redis.call('DEL', KEYS[3])
return outcome`);
/** KEYS lease; ARGV token, ms: keeps the lease, or with 0 ms gives it back. Answers whether it was held. */
export const leaseScript = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then redis.call('DEL', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1`);
/** Numbers a change, logs it and tells it. `DEL` and `HDEL` come first: after them Redis lets a script write though memory is full. */
const logChange = `
local function logChange(logKey, most, channel, partition, life, change)
  redis.call('HDEL', KEYS[1], '')
  local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
  redis.call('XADD', logKey, 'MAXLEN', '~', most, seq .. '-0', 'c', change)
  redis.call('PUBLISH', channel, life .. ' ' .. seq .. ' ' .. partition .. ' ' .. change)
  return seq
end`;
/** The server's clock, in ms. */
const serverTime = `
local function serverMs()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end`;
/**
 * A key has a newer truth: what is here goes, whoever loads it is fenced off, everybody is told. With bytes, they take its place,
 * unless they come so late that their sender has given up and may have sent newer ones by another way.
 * KEYS state, value, lease, log; ARGV life, entries of the log, channel, partition, change, ms to live or '', tags as JSON, bytes,
 * the latest server time for them in ms.
 * Answers {'done', seq, 'kept' | 'gone' | 'full' | 'late'} | {'life'}.
 */
export const changeKeyScript = script(`${logChange}${serverTime}
if redis.call('HGET', KEYS[1], 'life') ~= ARGV[1] then return {'life'} end
-- Asked first, while a full memory still refuses a write.
local hasRoom = ARGV[6] ~= '' and not redis.pcall('SET', KEYS[3], '', 'PX', ARGV[6]).err
redis.call('DEL', KEYS[2], KEYS[3])
local seq = logChange(KEYS[4], ARGV[2], ARGV[3], ARGV[4], ARGV[1], ARGV[5])
if not hasRoom then return {'done', seq, ARGV[6] == '' and 'gone' or 'full'} end
if serverMs() > tonumber(ARGV[9]) then return {'done', seq, 'late'} end
redis.call('SET', KEYS[2], seq .. '\\n' .. ARGV[7] .. '\\n' .. ARGV[8], 'PX', ARGV[6])
return {'done', seq, 'kept'}`);
/**
 * Everything with a tag, or of a cache, has a newer truth. Markers older than any entry can be are cleared away when there are many; if too many
 * are left all the same, a new life begins, which is safe and costs what was cached.
 * KEYS state, log; ARGV life, entries of the log, channel, partition, change, cache or cache.tag, most tags, longest ms to live, a new life.
 * Answers {'done', seq} | {'life'}.
 */
export const changeTagScript = script(`${logChange}${serverTime}
if redis.call('HGET', KEYS[1], 'life') ~= ARGV[1] then return {'life'} end
local seq = logChange(KEYS[2], ARGV[2], ARGV[3], ARGV[4], ARGV[1], ARGV[5])
local nowMs = serverMs()
redis.call('HSET', KEYS[1], 't:' .. ARGV[6], seq .. ' ' .. string.format('%.0f', nowMs))
local most = tonumber(ARGV[7])
if redis.call('HLEN', KEYS[1]) <= most + 3 then return {'done', seq} end
local left = 0
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 2) == 't:' then
    local atMs = tonumber(string.match(all[i + 1], ' (%d+)$'))
    if nowMs - atMs > tonumber(ARGV[8]) then redis.call('HDEL', KEYS[1], all[i]) else left = left + 1 end
  end
end
if left > most / 2 then redis.call('DEL', KEYS[1], KEYS[2]) end
return {'done', seq}`);
/**
 * What was changed since a number. A server process that is not the one which named the life may have forgotten: a new life begins.
 * KEYS state, log; ARGV a new life, the caller's life or '', the number, most changes to answer.
 * Answers {life, seq, {change, …}, server time in ms}; fewer changes than numbers mean that some were forgotten.
 */
export const pollScript = script(`${serverTime}
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local state = redis.call('HMGET', KEYS[1], 'life', 'run', 'seq')
if not state[1] or state[2] ~= run then
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[1], 'life', ARGV[1], 'run', run, 'seq', 0)
  return {ARGV[1], 0, {}, serverMs()}
end
local seq, since = tonumber(state[3]), tonumber(ARGV[3])
local changes = {}
if state[1] == ARGV[2] and seq > since and seq - since <= tonumber(ARGV[4]) then
  for _, entry in ipairs(redis.call('XRANGE', KEYS[2], (since + 1) .. '-0', '+')) do changes[#changes + 1] = entry[2][2] end
end
return {state[1], seq, changes, serverMs()}`);
/** KEYS a list of hot keys; ARGV the list and its ms to live, or nothing to read it. */
export const hotKeysScript = script(`
if ARGV[1] then return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return redis.call('GET', KEYS[1])`);
//# sourceMappingURL=scripts.js.map