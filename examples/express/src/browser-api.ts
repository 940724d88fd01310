import { type Clock, isLeewayError, type SaveStatus, type Sessions } from '@leeway/core'
import { failureAnswer } from '@leeway/core/http'
import { expressSessions } from '@leeway/express'
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Router } from 'express'
import { jsonBody } from './json-body.ts'
import type { Visitor } from './visitor.ts'

const LONGEST_NAME = 60
const LONGEST_MEMO = 500
const SHORT_IDLE_MS = 20_000
const SESSION_ID = /^[a-z0-9]{26}$/

/** The cookie of one browser. */
export interface BrowserCookie {
  readonly name: string
  readonly path: string
  readonly secure: boolean
}

/** The API of one browser: its own cookie, and what a visitor does with a session. */
export function browserApi(sessions: Sessions<Visitor>, cookie: BrowserCookie, clock: Clock): Router {
  const { middleware, sessionOf } = expressSessions(sessions, { ...cookie, clock })
  const api = express.Router()
  api.use(neverCached, jsonBody, middleware)

  api.get('/state', async (request, response) => {
    response.json(await stateOf(request))
  })

  api.post('/visit', async (request, response) => {
    await sessionOf(request).update((data) => {
      data.visits++
    })
    response.json(await stateOf(request, 'saved'))
  })

  api.post('/login', async (request, response) => {
    const name = nameIn(request)
    if (name === undefined) {
      response.status(400).json({ error: `a name has 1 to ${LONGEST_NAME} characters` })
      return
    }
    const { status } = await sessionOf(request).login(name)
    response.json(await stateOf(request, status))
  })

  api.post('/rotate', async (request, response) => {
    const { status } = await sessionOf(request).rotate()
    response.json(await stateOf(request, status))
  })

  api.post('/shorten', async (request, response) => {
    const session = sessionOf(request)
    session.setTimeouts({ idleTimeoutMs: SHORT_IDLE_MS })
    const { status } = await session.save()
    response.json(await stateOf(request, status))
  })

  api.post('/logout', async (request, response) => {
    await sessionOf(request).destroy()
    response.json({ loggedOut: true })
  })

  api.use(['/memo', '/revoke', '/revoke-others'], (request, response, next) => {
    if (sessionOf(request).owner === null) response.status(401).json({ error: 'log in first' })
    else next()
  })

  api.post('/memo', async (request, response) => {
    const memo = memoIn(request)
    if (memo === undefined) {
      response.status(400).json({ error: `a note has at most ${LONGEST_MEMO} characters` })
      return
    }
    await sessionOf(request).update((data) => {
      data.memo = memo
    })
    response.json(await stateOf(request, 'saved'))
  })

  api.post('/revoke', async (request, response) => {
    const { owner } = sessionOf(request)
    const { id } = request.body
    if (typeof id !== 'string' || !SESSION_ID.test(id)) {
      response.status(400).json({ error: 'that is no session id' })
      return
    }
    await sessions.revoke(owner as string, id)
    response.json(await stateOf(request))
  })

  api.post('/revoke-others', async (request, response) => {
    const { owner, id } = sessionOf(request)
    await sessions.revokeAll(owner as string, { except: id })
    response.json(await stateOf(request))
  })

  api.use(onError)
  return api

  /** What the page shows, and what the request's own write came to. */
  async function stateOf(request: Request, written?: SaveStatus) {
    const session = sessionOf(request)
    // Save first: what is shown is what is stored, and nobody is shown a session that has gone.
    const { status } = await session.save()
    if (status === 'gone' || status === 'superseded') return { gone: true }
    const { id, isNew, owner, data, createdAt, expiresAt, purgeAt, absoluteExpiresAt } = session
    const { visits, memo = '' } = data
    const listed = owner === null ? [] : await sessions.list(owner)
    return {
      // A new session of a visitor who has done nothing yet is not stored, and has no cookie.
      stored: !isNew || visits > 0 || owner !== null,
      save: written ?? status,
      cookie: cookie.name,
      session: { id, owner, visits, memo, createdAt, expiresAt, purgeAt, absoluteExpiresAt },
      sessions: listed.map((other) => ({ id: other.id, expiresAt: other.expiresAt, current: other.id === id })),
      now: clock.now(),
    }
  }
}

function nameIn(request: Request): string | undefined {
  const name = typeof request.body?.name === 'string' ? request.body.name.trim() : ''
  return name.length >= 1 && name.length <= LONGEST_NAME && name.isWellFormed() ? name : undefined
}

function memoIn(request: Request): string | undefined {
  const { memo } = request.body
  return typeof memo === 'string' && memo.length <= LONGEST_MEMO && memo.isWellFormed() ? memo : undefined
}

const neverCached: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store')
  next()
}

/** The session's end while the request was under way is no failure: the visitor is out. */
const onError: ErrorRequestHandler = (error, _request, response, next) => {
  const failure = failureAnswer(error)
  if (isLeewayError(error) && (error.code === 'ERR_GONE' || error.code === 'ERR_SUPERSEDED')) {
    response.json({ gone: true })
  } else if (failure) response.status(failure.status).json({ error: failure.message })
  else next(error)
}
