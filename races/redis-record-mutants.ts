// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of the store's source
import type { RedisMutant } from './redis-mutants.ts'

const REFUSE_OTHERS = "if version ~= ARGV[1] then return 'conflict' end\n"
const IMMORTAL = 'has no time to live'

/** Faults in what is done to a record, and in how it is read. */
export const recordMutants: readonly RedisMutant[] = [
  {
    name: 'create overwrites',
    edits: [['scripts.ts', "ARGV[2], 'NX', 'PX', ARGV[3]", "ARGV[2], 'PX', ARGV[3]"]],
    caughtBy: { orders: ['create', 'create for an owner'], beginning: 'nothing' },
    message: '"answers":["created","created"]',
  },
  {
    name: 'create takes a retry for another session',
    edits: [['scripts.ts', "if version ~= ARGV[1] then return 'exists' end", "if true then return 'exists' end"]],
    caughtBy: { crash: 'create', beginning: 'nothing' },
    message: '"answers":["exists"]',
  },
  {
    name: 'create sets no time to live',
    edits: [['scripts.ts', "ARGV[2], 'NX', 'PX', ARGV[3]", "ARGV[2], 'NX'"]],
    caughtBy: { orders: ['create', 'load'], beginning: 'nothing' },
    message: IMMORTAL,
  },
  {
    name: 'update does not look at the version',
    edits: [['scripts.ts', `${REFUSE_OTHERS}\${outlastPurge('ARGV[5]'`, "${outlastPurge('ARGV[5]'"]],
    caughtBy: { orders: ['update', 'update'], beginning: 'a record' },
    message: '"answers":["saved","saved"]',
  },
  {
    name: 'update inserts',
    edits: [
      [
        'scripts.ts',
        '${readHeader}\nif version == ARGV[2] then\n',
        "if redis.call('SET', KEYS[1], ARGV[3], 'NX', 'PX', ARGV[5]) then return 'saved' end\n${readHeader}\nif version == ARGV[2] then\n",
      ],
    ],
    caughtBy: { orders: ['update', 'destroy'], beginning: 'a record' },
    message: '"answers":["saved","destroyed"],"stored":{',
  },
  {
    name: 'update takes its own retry for a conflict',
    edits: [['scripts.ts', 'if version == ARGV[2] then', 'if false then']],
    caughtBy: { crash: 'update', beginning: 'a record' },
    message: '"answers":["conflict"]',
  },
  {
    name: 'update forgets the time to live',
    edits: [['scripts.ts', ", 'KEEPTTL')", ')']],
    caughtBy: { orders: ['update', 'load'], beginning: 'a record' },
    message: IMMORTAL,
  },
  {
    name: 'update shortens the time to live',
    edits: [['scripts.ts', "ARGV[3], 'KEEPTTL')", "ARGV[3], 'PX', ARGV[5])"]],
    caughtBy: { orders: ['touch', 'update that shortens'], beginning: 'an owned record' },
    message: 'goes before its purge time',
  },
  {
    name: 'update leaves the time to live as it was',
    edits: [['scripts.ts', "${outlastPurge('ARGV[5]', 'ARGV[4]')}\n", '']],
    caughtBy: { orders: ['update', 'load'], beginning: 'a record' },
    message: 'goes before its purge time',
  },
  {
    name: 'update moves the purge time back',
    edits: [['scripts.ts', 'if tonumber(purge) > tonumber(ARGV[4]) then', 'if false then']],
    caughtBy: { orders: ['update that shortens', 'load'], beginning: 'a record' },
    message: '"purgeAt":1500',
  },
  {
    name: 'touch does not look at the version',
    edits: [['scripts.ts', `${REFUSE_OTHERS}if tonumber(ARGV[2])`, 'if tonumber(ARGV[2])']],
    caughtBy: { orders: ['update that shortens', 'touch'], beginning: 'an owned record' },
    message: '"answers":["saved","touched"]',
  },
  {
    name: 'touch shortens',
    edits: [['scripts.ts', 'if tonumber(ARGV[2]) > tonumber(expires) then', 'if true then']],
    caughtBy: { orders: ['touch', 'touch'], beginning: 'an owned record' },
    message: '"expiresAt":11500',
  },
  {
    name: 'touch of a session that has gone leaves a ghost',
    edits: [
      [
        'scripts.ts',
        `\${readHeader}\n${REFUSE_OTHERS}if tonumber(ARGV[2])`,
        `if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('SETRANGE', KEYS[1], \${layout.expiresAt}, ARGV[2])
  return 'touched'
end
\${readHeader}\n${REFUSE_OTHERS}if tonumber(ARGV[2])`,
      ],
    ],
    caughtBy: { orders: ['touch', 'destroy'], beginning: 'a record' },
    message: IMMORTAL,
  },
  {
    name: 'touch with a time that has passed deletes',
    edits: [
      ['scripts.ts', "${outlastPurge('ARGV[4]', 'ARGV[3]')}", "redis.call('PEXPIRE', KEYS[1], ARGV[4])"],
      ['writes.ts', 'Math.max(1, Math.ceil(purgeAt - this.#clock.now()))', 'Math.ceil(purgeAt - this.#clock.now())'],
    ],
    caughtBy: { rule: 'TOUCH-011' },
    message: 'touch with a lifetime in the past changed the record',
  },
  {
    name: 'what is no record reads as no session',
    edits: [
      [
        'redis-store.ts',
        'const text = await commands.get(keys.session(id))',
        'const text = await commands.get(keys.session(id)).catch(() => null)',
      ],
    ],
    caughtBy: { rule: 'ERROR-004' },
    message: 'load of a damaged record: the call resolved',
  },
  {
    name: 'a script that the server has forgotten is an error',
    edits: [['commands.ts', 'if (!isNoScript(error)) throw error', 'throw error']],
    caughtBy: { orders: ['create for an owner', 'load'], beginning: 'nothing', flushed: true },
    message: 'rejected: Redis: NOSCRIPT',
  },
  {
    name: 'a script that the server has forgotten is tried once more by its digest',
    edits: [
      ['commands.ts', 'return this.#client.eval(script.source, 1,', 'return this.#client.evalsha(script.sha, 1,'],
    ],
    caughtBy: { orders: ['create', 'load'], beginning: 'nothing', flushed: true },
    message: 'rejected: Redis: NOSCRIPT',
  },
]
