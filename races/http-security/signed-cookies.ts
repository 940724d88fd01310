import { createHmac } from 'node:crypto'
import { SECRET } from './applications.ts'

/** The `Cookie` header of a session id that is signed as the framework does it: what somebody has who knows its secret. */
export const signed: Record<string, (sid: string) => string> = {
  '@fastify/session': (sid) => `sessionId=${encodeURIComponent(`${sid}.${hmac('sha256', sid, 'base64')}`)}`,
  'express-session': (sid) => `connect.sid=${encodeURIComponent(`s:${sid}.${hmac('sha256', sid, 'base64')}`)}`,
  'koa-session': (sid) => `koa.sess=${sid}; koa.sess.sig=${hmac('sha1', `koa.sess=${sid}`, 'base64url')}`,
}

function hmac(algorithm: string, text: string, encoding: 'base64' | 'base64url'): string {
  return createHmac(algorithm, SECRET).update(text).digest(encoding).replace(/=+$/, '')
}

/** The session id in a `Cookie` header of one of them. */
export function sidIn(cookie: string): string {
  const [, value = ''] = /^[^=]+=([^;]*)/.exec(cookie) ?? []
  const [sid = ''] = decodeURIComponent(value).replace(/^s:/, '').split('.')
  return sid
}
