import express, { type RequestHandler } from 'express'

const parse = express.json({ limit: '4kb' })

/** Only a page of ours can send JSON: a form on another site cannot, so a POST from elsewhere changes nothing. */
export const jsonBody: RequestHandler = (request, response, next) => {
  if (request.method === 'POST' && !request.is('application/json')) response.status(415).json({ error: 'send JSON' })
  else parse(request, response, next)
}
