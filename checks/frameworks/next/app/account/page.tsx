import { readToken } from '@leeway/core'
import { headers } from 'next/headers'
import { sessions } from '../../sessions.ts'

export default async function Account() {
  const session = await sessions.open(readToken((await headers()).get('cookie')))
  return <p>{session.owner ?? 'nobody'}</p>
}
