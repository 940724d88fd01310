import { createHash } from 'node:crypto'
import { DAMAGED } from './failures.ts'
import { layout } from './value.ts'

export interface Script {
  readonly source: string
  readonly sha: string
}

/**
 * Every script works on one key, so any cluster takes it. `#!lua` makes a server on its own as strict about that as a
 * cluster. Scripts that must work on a full server say `allow-oom`: without it Redis refuses even what only deletes.
 * Time stands still for expiry while a script runs, so what a script has found is there until it ends.
 */
function script(flags: string, body: string): Script {
  const source = `#!lua${flags && ` flags=${flags}`}\n${body}`
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

/** Lua counts from 1. */
const field = (from: number, end: number) => `string.sub(header, ${from + 1}, ${end})`

/**
 * Leaves `version`, `expires` and `purge`, or ends the script: with `gone` where there is nothing under the name. What
 * cannot be read is refused here, before anything is written.
 */
const readHeader = `
local header = redis.call('GETRANGE', KEYS[1], 0, ${layout.headerEnd})
if header == '' and redis.call('EXISTS', KEYS[1]) == 0 then return 'gone' end
local expires = ${field(layout.expiresAt, layout.purgeAt)}
local purge = ${field(layout.purgeAt, layout.instantsEnd + 1)}
local isOurs = #header > ${layout.headerEnd} and string.sub(header, 1, 1) == '${layout.format}'
if not isOurs or not tonumber(expires) or not tonumber(purge) then
  return redis.error_reply('${DAMAGED} the record cannot be read: it is not a record of this version of leeway')
end
local version = ${field(layout.versionAt, layout.expiresAt)}
`

/** The key lives at least so much longer: never shorter than any writer said, and for ever only until somebody writes. */
const outlast = (ttl: string, ttlOfOneForEver = ttl) => `
if redis.call('PEXPIRE', KEYS[1], ${ttl}, 'GT') == 0 and redis.call('PTTL', KEYS[1]) == -1 then
  redis.call('PEXPIRE', KEYS[1], ${ttlOfOneForEver})
end
`

/** Where the key has lost its time to live, the given one counts from the given purge time, and the stored may be later. */
const outlastPurge = (ttl: string, given: string) =>
  outlast(ttl, `${ttl} + math.max(0, tonumber(purge) - tonumber(${given}))`)

/** A retry changes nothing, and has to be confirmed by replicas all the same: `WAIT` confirms what is written. */
const writeNothing = `redis.call('SETRANGE', KEYS[1], 0, '${layout.format}')`

/** Arguments: version, record, time to live. */
export const createScript = script(
  '',
  `
if redis.call('SET', KEYS[1], ARGV[2], 'NX', 'PX', ARGV[3]) then return 'created' end
${readHeader}
if version ~= ARGV[1] then return 'exists' end
${writeNothing}
return 'created'
`,
)

/**
 * Arguments: expected version, new version, record, its purge time, time to live, owner as in the record (empty for
 * none). The purge time never moves back, so where the stored one is later it goes into the new record.
 *
 * The new owner's index has an entry for as long as the time to live says. Where the key lives longer than that, nothing
 * is changed, and the reply is for how long the entry has to be there first.
 */
export const updateScript = script(
  '',
  `
${readHeader}
if version == ARGV[2] then
  ${writeNothing}
  return 'saved'
end
if version ~= ARGV[1] then return 'conflict' end
${outlastPurge('ARGV[5]', 'ARGV[4]')}
if ARGV[6] ~= '' then
  local left = redis.call('PTTL', KEYS[1])
  if left > tonumber(ARGV[5]) then
    local owner = redis.call('GETRANGE', KEYS[1], ${layout.ownerAt}, ${layout.ownerAt} + #ARGV[6] - 1)
    if owner ~= ARGV[6] then return left end
  end
end
redis.call('SET', KEYS[1], ARGV[3], 'KEEPTTL')
if tonumber(purge) > tonumber(ARGV[4]) then redis.call('SETRANGE', KEYS[1], ${layout.purgeAt}, purge) end
return 'saved'
`,
)

/** Arguments: version, expiry, purge time, time to live. */
export const touchScript = script(
  'allow-oom',
  `
${readHeader}
if version ~= ARGV[1] then return 'conflict' end
if tonumber(ARGV[2]) > tonumber(expires) then expires = ARGV[2] end
if tonumber(ARGV[3]) > tonumber(purge) then purge = ARGV[3] end
redis.call('SETRANGE', KEYS[1], ${layout.expiresAt}, expires .. purge)
${outlastPurge('ARGV[4]', 'ARGV[3]')}
return 'touched'
`,
)

/** No arguments. A plain `DEL` does where no replicas have to confirm: this one writes something in any case. */
export const destroyScript = script(
  'allow-oom',
  `
if redis.call('DEL', KEYS[1]) == 1 then return 1 end
redis.call('SET', KEYS[1], '', 'PX', 1000)
redis.call('DEL', KEYS[1])
return 0
`,
)

/** How many entries one write takes away at most, so that none takes long. */
const TRIMMED_TOGETHER = 500

/**
 * Arguments: id, time to live. Scores are instants of the server's clock at which the record will have gone, so entries
 * are compared with the clock that made them. They only rise, and only what is past goes, by its score: an entry that
 * was removed by name could be that of a session just bound again.
 */
const indexBody = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], 'GT', now + ARGV[2], ARGV[1])
local past = redis.call('ZCOUNT', KEYS[1], '-inf', now)
if past > 0 then redis.call('ZREMRANGEBYRANK', KEYS[1], 0, math.min(past, ${TRIMMED_TOGETHER}) - 1) end
${outlast('ARGV[2]')}
return 'indexed'
`

export const indexScript = script('', indexBody)
/** For a touch, which has to work on a full server. */
export const indexTouchedScript = script('allow-oom', indexBody)

/**
 * Arguments: score and id of the entry last seen (an empty id for none), how many. Replies with ids and scores in turn.
 * Entries only move up, so going up from the last one seen meets each that stays; where that one has moved or gone,
 * those with its score come again.
 */
export const ownerPageScript = script(
  'no-writes',
  `
local from = 0
if ARGV[2] ~= '' then
  local score = redis.call('ZSCORE', KEYS[1], ARGV[2])
  if score and tonumber(score) == tonumber(ARGV[1]) then
    from = redis.call('ZRANK', KEYS[1], ARGV[2]) + 1
  else
    from = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. ARGV[1])
  end
end
return redis.call('ZRANGE', KEYS[1], from, from + ARGV[3] - 1, 'WITHSCORES')
`,
)
