import { expect, it } from 'vitest'
import { fetchSessions } from '../fetch/fetch-sessions.ts'
import { memoryStore } from '../memory-store.ts'
import { createSessions } from '../sessions/sessions.ts'
import { httpSessions } from './http-sessions.ts'

const sessions = createSessions<{ n: number }, { notice: string }>({
  store: memoryStore(),
  initialData: () => ({ n: 0 }),
})
const url = 'https://shop.example/'

it('flash values keep their types over HTTP', async () => {
  const session = await httpSessions(sessions).begin(null, undefined).open()
  session.flash('notice', 'welcome')
  // @ts-expect-error a notice is a text
  session.flash('notice', 5)
  const { token } = await session.save()
  const taken: (string | number)[] = await (await sessions.open(token)).takeFlash('notice')
  expect(taken).toEqual(['welcome', 5])
})

it('a flash value alone stores a session, whose cookie the answer brings, and the next request takes it', async () => {
  const { withSession } = fetchSessions(sessions)
  const leave = withSession((_request, session) => {
    session.flash('notice', 'welcome')
    return Response.redirect(url, 303)
  })
  const show = withSession(async (_request, session) => new Response((await session.takeFlash('notice')).join()))
  const [cookie = ''] = (await leave(new Request(url))).headers.getSetCookie()
  const request = () => new Request(url, { headers: { cookie: cookie.split(';')[0] ?? '' } })
  expect(await (await show(request())).text()).toBe('welcome')
  expect(await (await show(request())).text()).toBe('')
})
