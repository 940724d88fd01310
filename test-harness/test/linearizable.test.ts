import { array, assert, constantFrom, integer, nat, option, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Call, findUnexplained, type Specification } from '../src/engine/linearizable.ts'
import { shrinkHistory } from '../src/engine/shrink-history.ts'

/** A single value, 0 at first, which `w3` sets to 3, `r` reads, `+` counts up, and `x` sets to 0 while it is under way. */
const register: Specification<number, string> = {
  initial: 0,
  keyOf: String,
  outcomes(state, operation) {
    if (operation === 'r') return [[String(state), state]]
    if (operation === '+') return [[String(state), state + 1]]
    if (operation === 'x') return [['ok', 0]]
    return [['ok', Number(operation.slice(1))]]
  },
  isRepeated: (operation) => operation === 'x',
}

/** `lane operation=answer from..to`; without an answer and an end, nobody knows what became of it. */
function history(...lines: readonly string[]): Call<string>[] {
  return lines.map((line) => {
    const [, lane, operation = '', answer, start, end] = /^(\d) (\S+?)(?:=(\S+))? (\d+)\.\.(\d*)$/.exec(line) ?? []
    return { lane: Number(lane), operation, answer, start: Number(start), end: end ? Number(end) : undefined }
  })
}

function faultIn(...lines: readonly string[]): string | undefined {
  const { call, possible } = findUnexplained(history(...lines), register) ?? {}
  return call && `${call.operation}=${call.answer}, could be ${possible?.toSorted().join(' or ')}`
}

describe('a history is explained', () => {
  it('if it is empty', () => {
    expect(faultIn()).toBeUndefined()
  })

  it('if its calls came one after another and answered so', () => {
    expect(faultIn('1 r=0 0..1', '1 w1=ok 2..3', '2 r=1 4..5')).toBeUndefined()
  })

  it('if a call at the same time as a write saw it, or did not', () => {
    expect(faultIn('1 w1=ok 0..9', '2 r=0 1..2', '3 r=1 3..4', '2 r=1 5..6')).toBeUndefined()
  })

  it('if two calls touch in one instant, in either order', () => {
    expect(faultIn('1 w1=ok 0..1', '2 r=0 1..2')).toBeUndefined()
  })

  it('whatever the order in which its calls are given', () => {
    expect(faultIn('2 r=1 4..5', '1 w1=ok 2..3', '1 r=0 0..1')).toBeUndefined()
  })

  it('if a write without an answer happened, late or early, or never', () => {
    expect(faultIn('1 w1 0..', '2 r=0 1..2', '2 r=1 3..4')).toBeUndefined()
    expect(faultIn('1 w1 0..', '2 r=1 1..2', '2 r=1 3..4')).toBeUndefined()
    expect(faultIn('1 w1 0..', '2 r=0 1..2', '2 r=0 3..4')).toBeUndefined()
  })

  it('if what may take effect more than once did', () => {
    expect(faultIn('1 w1=ok 0..1', '2 x=any 2..9', '1 r=0 3..4', '1 w2=ok 5..6', '1 r=0 7..8')).toBeUndefined()
  })

  it('if what may take effect did not', () => {
    expect(faultIn('1 w1=ok 0..1', '2 x=any 2..3', '1 r=1 4..5')).toBeUndefined()
  })

  it('if the state may decay by itself', () => {
    const decaying = { ...register, decaysTo: (state: number) => (state > 1 ? [0] : []) }
    const calls = (value: number) => history(`1 w${value}=ok 0..1`, '1 r=0 2..3')
    expect(findUnexplained(calls(2), decaying)).toBeUndefined()
    expect(findUnexplained(calls(1), decaying)?.possible).toEqual(['1'])
  })
})

describe('a history is not explained', () => {
  it('if a call that came after a write did not see it', () => {
    expect(faultIn('1 w1=ok 0..1', '2 r=0 2..3')).toBe('r=0, could be 1')
  })

  it('if a call saw what nobody has written yet', () => {
    expect(faultIn('2 r=1 0..1', '1 w1=ok 2..3')).toBe('r=1, could be 0')
    expect(faultIn('2 r=1 0..1', '1 w1 2..')).toBe('r=1, could be 0')
  })

  it('if what was seen once is not seen later', () => {
    expect(faultIn('1 w1=ok 0..9', '2 r=1 1..2', '3 r=0 3..4')).toBe('r=0, could be 1')
    expect(faultIn('1 w1 0..', '2 r=1 1..2', '3 r=0 3..4')).toBe('r=0, could be 1')
  })

  it('if one write has been lost', () => {
    expect(faultIn('1 +=0 0..5', '2 +=0 1..4')).toBe('+=0, could be 1')
  })

  it('if a write without an answer would have to have happened twice', () => {
    const lines = ['1 w1 0..', '2 r=1 1..2', '2 w2=ok 3..4', '2 r=1 5..6']
    expect(faultIn(...lines)).toBe('r=1, could be 2')
  })

  it('if what is over would have to take effect again', () => {
    expect(faultIn('2 x=any 0..1', '1 w1=ok 2..3', '1 r=0 4..5')).toBe('r=0, could be 1')
  })

  it('at the first answer, as they came, that cannot be', () => {
    expect(faultIn('1 w1=ok 0..1', '2 r=0 2..9', '3 r=0 3..5', '3 w0=ok 6..7')).toBe('r=0, could be 1')
    expect(findUnexplained(history('1 w1=ok 0..1', '2 r=0 2..9', '3 r=0 3..5'), register)?.call.lane).toBe(3)
  })
})

describe('the search', () => {
  it('finds what trying every order finds', () => {
    const call = record({
      operation: constantFrom('r', 'w1', 'w2', '+'),
      answer: constantFrom('ok', '0', '1', '2'),
      start: nat(8),
      length: option(nat(6), { freq: 5 }),
    })
    const histories = array(call, { maxLength: 5 }).map((drawn) =>
      drawn.map(({ operation, answer, start, length }, lane): Call<string> => {
        const said = operation.startsWith('w') ? 'ok' : answer
        if (length === null) return { lane, operation, answer: undefined, start, end: undefined }
        return { lane, operation, answer: said, start, end: start + length }
      }),
    )
    let explained = 0
    let all = 0
    const agrees = property(histories, (calls) => {
      const isExplained = findUnexplained(calls, register) === undefined
      all++
      if (isExplained) explained++
      expect(isExplained).toBe(someOrderExplains(calls))
    })
    assert(agrees, { numRuns: 3_000, seed: 1 })
    expect(explained).toBeGreaterThan(all / 10)
    expect(explained).toBeLessThan((all * 9) / 10)
  })

  it('takes no longer for each of thousands of calls than for each of some', () => {
    const calls = correctHistory(5_000)
    expect(findUnexplained(calls, register)).toBeUndefined()
    const last = calls.at(-1)
    const wrong = calls.map((call) => (call === last ? { ...call, answer: 'never written' } : call))
    expect(findUnexplained(wrong, register)?.call.answer).toBe('never written')
  })

  it('gives up with an error, and no verdict, where there are too many orders', () => {
    const calls = Array.from({ length: 40 }, (_, n) => history(`1 w${n}=ok ${n}..100`)).flat()
    expect(() => findUnexplained(calls, register)).toThrow('too many calls at once')
  })

  it('is not slowed down by many calls without an answer that change nothing', () => {
    const reads = Array.from({ length: 200 }, () => history('1 r 0..')).flat()
    expect(findUnexplained([...reads, ...history('2 w1=ok 1..2', '2 r=1 3..4')], register)).toBeUndefined()
  })
})

describe('a history that is not explained is shrunk', () => {
  it('to the calls that contradict each other', () => {
    const noise = correctHistory(12).map((call) => ({
      ...call,
      start: call.start / 1_000,
      end: (call.end ?? 0) / 1_000,
    }))
    const calls = [...noise, ...history('1 w70=ok 92..93', '2 r=70 94..95', '3 r=60 96..97')]
    const found = shrinkHistory([...calls, ...history('1 w71=ok 98..99', '1 r=70 100..101')], register)
    expect(found?.calls.map(({ operation, answer }) => `${operation}=${answer}`)).toEqual(['r=60'])
    expect(found?.fault).toBe(calls.at(-1))
    expect(found?.leftOut).toBe(calls.length + 1)
  })

  it('but not by what could have explained the rest', () => {
    const overwritten = shrinkHistory(history('1 w1=ok 0..1', '2 w2=ok 2..3', '1 r=1 4..5'), register)
    expect(overwritten?.calls.map(({ operation }) => operation)).toEqual(['w1', 'w2', 'r'])
    const vanished = shrinkHistory(history('1 w1=ok 0..1', '1 r=1 2..3', '1 r=0 4..5'), register)
    expect(vanished?.calls.map(({ answer }) => answer)).toEqual(['1', '0'])
  })

  it('to calls that were made and answers that were given', () => {
    const histories = array(
      record({ operation: constantFrom('r', 'w1', 'w2', '+'), answer: constantFrom('0', '1', '2'), start: nat(20) }),
      { minLength: 5, maxLength: 12 },
    )
    assert(
      property(histories, integer({ min: 1, max: 6 }), (drawn, length) => {
        const calls = drawn.map(({ operation, answer, start }, lane): Call<string> => {
          return { lane, operation, answer: operation.startsWith('w') ? 'ok' : answer, start, end: start + length }
        })
        const found = shrinkHistory(calls, register)
        if (!found) return
        expect(found.calls.filter((call) => !calls.includes(call))).toEqual([])
        expect(found.calls).toContain(found.fault)
        const unknown = calls.filter((call) => !found.calls.includes(call)).map(withoutAnswer)
        expect(findUnexplained([...found.calls, ...unknown], register)).toBeDefined()
      }),
      { numRuns: 500, seed: 1 },
    )
  })

  it('not at all if it can be explained', () => {
    expect(shrinkHistory(correctHistory(50), register)).toBeUndefined()
  })
})

function withoutAnswer<O>(call: Call<O>): Call<O> {
  return { ...call, end: undefined, answer: undefined }
}

/** Four lanes; the n-th call takes effect at the instant 10 n + 5, somewhere between its start and its end. */
function correctHistory(length: number): Call<string>[] {
  let state = 0
  return Array.from({ length }, (_, n): Call<string> => {
    const operation = ['r', `w${n % 7}`, '+', 'r'][(n * 7 + (n >> 2)) % 4] ?? 'r'
    const [[answer, next] = ['', 0]] = register.outcomes(state, operation)
    state = next
    return { lane: n % 4, operation, answer, start: 10 * n - 12, end: 10 * n + 22 }
  })
}

function someOrderExplains(calls: readonly Call<string>[]): boolean {
  const unknown = calls.filter(({ end }) => end === undefined)
  return subsetsOf(unknown).some((dropped) => {
    const made = calls.filter((call) => !dropped.includes(call))
    return ordersOf(made).some((order) => isInTime(order) && isTrue(order))
  })
}

function isInTime(order: readonly Call<string>[]): boolean {
  return order.every(({ start }, n) => order.slice(n + 1).every(({ end }) => end === undefined || end >= start))
}

function isTrue(order: readonly Call<string>[]): boolean {
  let state = 0
  return order.every(({ operation, answer, end }) => {
    const [[right, next] = ['', 0]] = register.outcomes(state, operation)
    state = next
    return end === undefined || answer === right
  })
}

function subsetsOf<T>([first, ...others]: readonly T[]): T[][] {
  if (first === undefined) return [[]]
  return subsetsOf(others).flatMap((subset) => [subset, [first, ...subset]])
}

function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((first) => ordersOf(items.filter((item) => item !== first)).map((rest) => [first, ...rest]))
}
