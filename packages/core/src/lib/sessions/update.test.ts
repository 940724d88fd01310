import { describe, expect, it } from 'vitest'
import { rejectionOf } from '../testing-errors.ts'
import { setup } from '../testing-sessions.ts'

describe('an update', () => {
  it('of 100 handles at once counts exactly to 100, in the order they were called', async () => {
    const { stored, open } = setup()
    const { token } = await stored({ a: [] })
    const handles = await Promise.all(Array.from({ length: 100 }, () => open(token)))
    await Promise.all(
      handles.map((session, i) =>
        session.update((data) => {
          data.n++
          ;(data.a as number[]).push(i)
        }),
      ),
    )
    const { data } = await open(token)
    expect(data.n).toBe(100)
    expect(data.a).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  it('of one handle a hundred times, not awaited, counts exactly to 100', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    await Promise.all(Array.from({ length: 100 }, () => session.update((data) => void data.n++)))
    expect((await open(token)).data.n).toBe(100)
  })

  it('of two processes at once loses none', async () => {
    const { stored, open, elsewhere } = setup()
    const { token } = await stored()
    const here = await Promise.all(Array.from({ length: 10 }, () => open(token)))
    const there = await Promise.all(Array.from({ length: 10 }, () => elsewhere.open(token)))
    await Promise.all([...here, ...there].map((session) => session.update((data) => void data.n++)))
    expect((await open(token)).data.n).toBe(20)
  })

  it('resolves with what is stored, and shows it in the data', async () => {
    const { stored, open, elsewhere } = setup()
    const { token } = await stored({ a: 1 })
    const session = await open(token)
    await (await elsewhere.open(token)).update((data) => void Object.assign(data, { b: 2 }))
    const result = await session.update((data) => void data.n++)
    expect(result).toEqual({ n: 1, a: 1, b: 2 })
    expect(session.data).toEqual(result)
    expect(session.data).not.toBe(result)
  })

  it('keeps other unsaved changes of its handle unsaved, until they are saved', async () => {
    const { stored, open } = setup()
    const { token } = await stored({ a: 1 })
    const session = await open(token)
    session.data.a = 'unsaved'
    session.data.b = 'unsaved'
    await session.update((data) => void data.n++)
    expect(session.data).toEqual({ n: 1, a: 'unsaved', b: 'unsaved' })
    expect((await open(token)).data).toEqual({ n: 1, a: 1 })
    await session.save()
    expect((await open(token)).data).toEqual({ n: 1, a: 'unsaved', b: 'unsaved' })
  })

  it('still lets a later save see that somebody else changed an unsaved key', async () => {
    const { stored, open } = setup()
    const { token } = await stored({ a: 1 })
    const session = await open(token)
    session.data.a = 2
    const other = await open(token)
    other.data.a = 3
    await other.save()
    await session.update((data) => void data.n++)
    expect((await rejectionOf(session.save())).keys).toEqual(['a'])
  })

  it('leaves local data that cannot be stored to the save', async () => {
    const { stored, open } = setup()
    const { token } = await stored()
    const session = await open(token)
    session.data.a = new Date(0)
    expect(await session.update((data) => void data.n++)).toEqual({ n: 1, a: 'stored' })
    expect((await open(token)).data).toEqual({ n: 1, a: 'stored' })
    expect(session.data.a).toEqual(new Date(0))
    expect((await rejectionOf(session.save())).path).toBe('data.a')
    session.data.a = 'good'
    await session.save()
    expect((await open(token)).data).toEqual({ n: 1, a: 'good' })
  })

  it('that changes nothing decides on what is stored now, not on what this request loaded', async () => {
    const { stored, open, elsewhere } = setup()
    const { token } = await stored({ a: 0 })
    const session = await open(token)
    await (await elsewhere.open(token)).update((data) => void Object.assign(data, { a: 5 }))
    const take = (data: { a?: unknown }) => {
      if ((data.a as number) > 0) data.a = (data.a as number) - 1
    }
    expect((await session.update(take)).a).toBe(4)
  })

  it('that changes nothing of what is stored writes nothing', async () => {
    const { stored, open, records } = setup()
    const { token } = await stored()
    const session = await open(token)
    const before = [...records.values()]
    expect(await session.update(() => {})).toEqual({ n: 0, a: 'stored' })
    expect([...records.values()]).toEqual(before)
  })

  it.each([
    ['asynchronous', async () => {}],
    // biome-ignore lint/suspicious/noThenProperty: the subject of the test
    ['thenable', () => ({ then: () => {} })],
  ])('with a callback that is %s is refused, and writes nothing', async (_kind, change) => {
    const { stored, open, records } = setup()
    const { token } = await stored()
    const session = await open(token)
    const before = [...records.values()]
    const error = await rejectionOf(
      session.update((data) => {
        data.n = 9
        return change()
      }),
    )
    expect(error.code).toBe('ERR_INVALID_OPTION')
    expect([...records.values()]).toEqual(before)
    expect(session.data.n).toBe(0)
  })

  it('whose callback throws changes nothing, here or there, and the next one works', async () => {
    const { stored, open, records } = setup()
    const { token } = await stored()
    const session = await open(token)
    const before = [...records.values()]
    const error = new TypeError('mine')
    const failing = session.update((data) => {
      data.n = 9
      throw error
    })
    await expect(failing).rejects.toBe(error)
    expect([...records.values()]).toEqual(before)
    expect(session.data.n).toBe(0)
    expect((await session.update((data) => void data.n++)).n).toBe(1)
  })

  it('gives its callback a document of its own each time', async () => {
    const { stored, open, elsewhere } = setup()
    const { token } = await stored()
    const session = await open(token)
    await (await elsewhere.open(token)).update((data) => void Object.assign(data, { b: 1 }))
    const seen: unknown[] = []
    await session.update((data) => {
      data.n++
      seen.push(data)
    })
    expect(seen).toHaveLength(2)
    expect(seen).toEqual([
      { n: 1, a: 'stored' },
      { n: 1, a: 'stored', b: 1 },
    ])
    ;(seen[1] as { n: number }).n = 99
    expect(session.data.n).toBe(1)
  })

  it('that is beaten for too long gives up, and says so', async () => {
    const { stored, open, backend } = setup({ updateTimeoutMs: 1 })
    const { token } = await stored()
    const session = await open(token)
    for (let i = 0; i < 1000; i++) backend.answerNext('update', 'conflict')
    expect(await rejectionOf(session.update((data) => void data.n++))).toMatchObject({
      code: 'ERR_UPDATE_TIMEOUT',
      operation: 'update',
    })
    expect((await open(token)).data.n).toBe(0)
  })
})
