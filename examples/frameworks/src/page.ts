import type { AddressInfo } from 'node:net'

export const host = '127.0.0.1'
export const port = Number(process.env.PORT ?? 3000)

/** The one page of the application. */
export function page(visits: number, user: string | null | undefined): string {
  const [path, label] = user ? ['/logout', 'Log out'] : ['/login', 'Log in as Ada']
  return `<!doctype html>
<title>leeway</title>
<p>Hello ${user ?? 'visitor'}, this is visit ${visits}.</p>
<form method="post" action="${path}"><button>${label}</button></form>
`
}

/** Prints where the application answers. */
export function announce(address: AddressInfo | string | null): void {
  if (address && typeof address === 'object') console.log(`http://${host}:${address.port}`)
}
