// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of the store's source
import type { Edit } from './mutant-copy.ts'
import type { RedisMutant } from './redis-mutants.ts'

const MISSING = 'is missing from the list'
const FORGOTTEN = 'forgets a session that it could still need'

/** Two scripts for those that keep the index tidy. */
const TIDY: readonly Edit[] = [
  [
    'scripts.ts',
    'export const indexScript = ',
    `export const readScript = script('no-writes', "return redis.call('GET', KEYS[1])")
export const forgetScript = script('', "return redis.call('ZREM', KEYS[1], ARGV[1])")
export const indexScript = `,
  ],
  [
    'writes.ts',
    "import type { Keys } from './keys.ts'\n",
    `import type { Keys } from './keys.ts'
import { forgetScript, readScript } from './scripts.ts'
import { decode } from './value.ts'
`,
  ],
  [
    'writes.ts',
    '  async #index(',
    `  async #ownerOf(id: SessionId): Promise<string | null> {
    const text = await this.#writer.run(readScript, this.#keys.session(id))
    return text === null ? null : decode(String(text), id).owner
  }

  async #index(`,
  ],
]

const RUN_CREATE = "return this.#run(createScript, session.id, args, ['created', 'exists'])"
const ANSWER_UPDATE = "return answerIn(reply, ['saved', 'conflict', 'gone'])"
const RUN_TOUCH = "return this.#run(touchScript, loaded.id, args, ['touched', 'conflict', 'gone'])"
const ENTER_TOUCHED = '    await this.#index(indexTouchedScript, loaded, ttl)\n'

function followedBy(run: string, then: string): string {
  return `const answer = await ${run.replace('return ', '')}\n    ${then}\n    return answer`
}

function answeredBehind(work: string): string {
  return `{
        ${work}
        ${ANSWER_UPDATE}
      }`
}

/** Faults in the owner's index and in the lists. */
export const indexMutants: readonly RedisMutant[] = [
  {
    name: 'create enters the index after the record',
    edits: [
      [
        'writes.ts',
        '    await this.#index(indexScript, session, ttl)\n    const args = [padVersion(session.version)',
        '    const args = [padVersion(session.version)',
      ],
      ['writes.ts', RUN_CREATE, followedBy(RUN_CREATE, 'await this.#index(indexScript, session, ttl)')],
    ],
    caughtBy: { crash: 'create for an owner', beginning: 'nothing' },
    message: MISSING,
  },
  {
    name: 'update enters the index after the record',
    edits: [
      ['writes.ts', '      await this.#index(indexScript, session, ttl)\n      const reply', '      const reply'],
      ['writes.ts', ANSWER_UPDATE, answeredBehind('await this.#index(indexScript, session, ttl)')],
    ],
    caughtBy: { crash: 'update', beginning: 'a record' },
    message: MISSING,
  },
  {
    name: 'update enters the session for no longer than it says itself',
    edits: [['scripts.ts', 'if left > tonumber(ARGV[5]) then', 'if false then']],
    caughtBy: { orders: ['update that shortens', 'load'], beginning: 'a record' },
    message: FORGOTTEN,
  },
  {
    name: 'update takes an owner for another whose name begins alike',
    edits: [
      [
        'scripts.ts',
        'if owner ~= ARGV[6] then return left end',
        'if string.sub(owner, 1, 2) ~= string.sub(ARGV[6], 1, 2) then return left end',
      ],
    ],
    caughtBy: { orders: ['update to another owner that shortens', 'load'], beginning: 'an owned record' },
    message: FORGOTTEN,
  },
  {
    name: 'touch moves the entry after the record',
    edits: [
      ['writes.ts', ENTER_TOUCHED, ''],
      ['writes.ts', RUN_TOUCH, followedBy(RUN_TOUCH, ENTER_TOUCHED.trim())],
    ],
    caughtBy: { crash: 'touch', beginning: 'an owned record' },
    message: FORGOTTEN,
  },
  {
    name: 'touch leaves the index alone',
    edits: [['writes.ts', ENTER_TOUCHED, '']],
    caughtBy: { orders: ['touch', 'load'], beginning: 'an owned record' },
    message: FORGOTTEN,
  },
  {
    name: 'destroy removes the entry by name',
    edits: [
      ...TIDY,
      [
        'writes.ts',
        "    return (await this.#writer.remove(this.#keys.session(id))) ? 'destroyed' : 'gone'",
        `    const owner = await this.#ownerOf(id)
    const isRemoved = await this.#writer.remove(this.#keys.session(id))
    if (owner !== null) await this.#writer.run(forgetScript, this.#keys.owner(owner), id)
    return isRemoved ? 'destroyed' : 'gone'`,
      ],
    ],
    caughtBy: { orders: ['destroy', 'create for an owner'], beginning: 'an owned record' },
    message: MISSING,
  },
  {
    name: 'an update to another owner removes the entry of the one before by name',
    edits: [
      ...TIDY,
      [
        'writes.ts',
        '    const { id, version, owner } = session',
        '    const { id, version, owner } = session\n    const before = await this.#ownerOf(id)',
      ],
      [
        'writes.ts',
        ANSWER_UPDATE,
        answeredBehind(
          "if (reply === 'saved' && before !== null && before !== owner) await this.#writer.run(forgetScript, this.#keys.owner(before), id)",
        ),
      ],
    ],
    caughtBy: {
      orders: ['update to another owner', 'destroy', 'create for an owner'],
      beginning: 'an owned record',
    },
    message: MISSING,
  },
  {
    name: 'an entry is set to what its last writer says',
    edits: [['scripts.ts', "'ZADD', KEYS[1], 'GT', now", "'ZADD', KEYS[1], now"]],
    caughtBy: { orders: ['update', 'touch'], beginning: 'an owned record' },
    message: FORGOTTEN,
  },
  {
    name: 'an index lives as long as its last writer says',
    edits: [['scripts.ts', "${ttl}, 'GT') == 0", '${ttl}) == 0']],
    caughtBy: { orders: ['update', 'touch'], beginning: 'an owned record' },
    message: 'goes before its last entry',
  },
  {
    name: 'an index has no time to live',
    edits: [['scripts.ts', "${outlast('ARGV[2]')}\n", '']],
    caughtBy: { orders: ['create for an owner', 'load'], beginning: 'nothing' },
    message: 'has no time to live',
  },
  {
    name: 'trimming takes one entry more than is past',
    edits: [['scripts.ts', '${TRIMMED_TOGETHER}) - 1)', '${TRIMMED_TOGETHER}))']],
    caughtBy: { orders: ['touch', 'load'], beginning: 'an owned record and past entries' },
    message: MISSING,
  },
  {
    name: "trimming goes by the caller's clock",
    edits: [
      ['scripts.ts', 'local now = time[1] * 1000 + math.floor(time[2] / 1000)', 'local now = tonumber(ARGV[3])'],
      [
        'writes.ts',
        'this.#keys.owner(owner), id, ttl)',
        'this.#keys.owner(owner), id, ttl, String(this.#clock.now()))',
      ],
    ],
    caughtBy: { pages: 'touch', isAhead: true },
    message: 'is missing from the pages',
  },
  {
    name: 'a list shows what is in the index, whosever it is',
    edits: [['list.ts', 'found.filter((session) => session.owner === owner)', 'found']],
    caughtBy: { orders: ['update to another owner', 'list by owner'], beginning: 'an owned record' },
    message: 'is none of',
  },
  {
    name: 'a page begins above the score of the entry last seen',
    edits: [['scripts.ts', "'-inf', '(' .. ARGV[1])", "'-inf', ARGV[1])"]],
    caughtBy: { pages: 'touch' },
    message: 'is missing from the pages',
  },
  {
    name: 'a page begins where the entry last seen is now',
    edits: [['scripts.ts', 'if score and tonumber(score) == tonumber(ARGV[1]) then', 'if score then']],
    caughtBy: { pages: 'touch' },
    message: 'is missing from the pages',
  },
  {
    name: 'a page with fewer sessions than entries is the last',
    edits: [['list.ts', 'const isLast = ids.length < limit', 'const isLast = found.length < limit']],
    caughtBy: { pages: 'destroy' },
    message: 'is missing from the pages',
  },
]
