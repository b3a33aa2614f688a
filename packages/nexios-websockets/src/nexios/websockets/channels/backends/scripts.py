"""What runs inside Redis, so that no other process comes in between. Keys of one channel share a hash tag."""

from __future__ import annotations

# The log's id is also the order of what is published: both happen at once.
# KEYS: the log, the channel. ARGV: the message, how many are kept, for how long (ms), an id without a log, the command.
PUBLISH = """
local id = ARGV[4]
if tonumber(ARGV[2]) > 0 then
  id = redis.call('XADD', KEYS[1], 'MAXLEN', '=', ARGV[2], '*', 'm', ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
redis.call(ARGV[5], KEYS[2], id .. '\\n' .. ARGV[1])
return id
"""

# KEYS: when each member expires, and what is known of it. ARGV: the time to live (ms), then id and information.
ENTER = """
local time = redis.call('TIME')
local expires = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
for i = 2, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], expires, ARGV[i])
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1] * 4)
redis.call('PEXPIRE', KEYS[2], ARGV[1] * 4)
return 1
"""

LEAVE = """
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
"""

# Takes out who has not been seen for too long; one caller is told of each.
EXPIRE = """
local time = redis.call('TIME')
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', time[1] * 1000 + math.floor(time[2] / 1000))
local known = {}
for _, id in ipairs(gone) do
  local info = redis.call('HGET', KEYS[2], id)
  if info then known[#known + 1] = info end
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
return known
"""
