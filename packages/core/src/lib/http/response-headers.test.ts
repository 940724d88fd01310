import { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { nodeHeaders, type ResponseHeaders, sendCookie } from './response-headers.ts'

const cookie = '__Host-leeway=token; Path=/'

/** What the headers become, in fetch and in Node alike. */
function sent(given: Record<string, string>): Record<string, string> {
  const inFetch = new Headers(given)
  sendCookie(inFetch, cookie)
  const response = new ServerResponse({ method: 'GET' } as never)
  for (const [name, value] of Object.entries(given)) response.setHeader(name, value)
  sendCookie(nodeHeaders(response), cookie)
  const inNode = Object.entries(response.getHeaders()).map(([name, value]) => [name, [value].flat().join(', ')])
  expect(Object.fromEntries(inNode)).toEqual(Object.fromEntries(inFetch))
  return Object.fromEntries(inFetch)
}

describe('a response with the cookie', () => {
  it('is kept by no cache, and varies by the cookie', () => {
    expect(sent({})).toEqual({ 'set-cookie': cookie, 'cache-control': 'no-store', vary: 'Cookie' })
  })

  it.each(['public, max-age=600', 'private, max-age=60', 'no-cache', 'no-cache="no-store, x"', 'max-age=1', ''])(
    'is not left with the looser Cache-Control %j',
    (given) => {
      expect(sent({ 'Cache-Control': given })['cache-control']).toBe('no-store')
    },
  )

  it.each(['no-store', 'private, No-Store, max-age=0', 'no-store,no-transform'])(
    'keeps the Cache-Control %j, which is as strict',
    (given) => {
      expect(sent({ 'Cache-Control': given })['cache-control']).toBe(given)
    },
  )

  it.each([
    'CDN-Cache-Control',
    'Cloudflare-CDN-Cache-Control',
    'Netlify-CDN-Cache-Control',
    'Vercel-CDN-Cache-Control',
    'Surrogate-Control',
  ])('is not kept by a cache that reads %s either', (name) => {
    const headers = sent({ [name]: 'public, max-age=600' })
    expect(headers).toMatchObject({ [name.toLowerCase()]: 'no-store', 'cache-control': 'no-store' })
    expect(Object.keys(headers)).toHaveLength(4)
  })

  it.each([
    ['Accept-Encoding', 'Accept-Encoding, Cookie'],
    ['Accept-Encoding, cookie', 'Accept-Encoding, cookie'],
    ['Cookie2', 'Cookie2, Cookie'],
    ['*', '*'],
  ])('with Vary %j has Vary %j', (given, expected) => {
    expect(sent({ Vary: given }).vary).toBe(expected)
  })

  it('keeps the other cookies, each in a header of its own', () => {
    const inFetch = new Headers({ 'Set-Cookie': 'theme=dark' })
    sendCookie(inFetch, cookie)
    expect(inFetch.getSetCookie()).toEqual(['theme=dark', cookie])
    const response = new ServerResponse({ method: 'GET' } as never)
    response.setHeader('Set-Cookie', ['theme=dark', 'a=1'])
    const headers: ResponseHeaders = nodeHeaders(response)
    sendCookie(headers, cookie)
    expect(response.getHeader('Set-Cookie')).toEqual(['theme=dark', 'a=1', cookie])
  })
})
