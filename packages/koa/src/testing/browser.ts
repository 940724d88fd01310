/** A visitor's browser: follows no redirect, and keeps the cookies that it is sent, by name. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #url: string

  constructor(url: string, cookies: Iterable<readonly [string, string]> = []) {
    this.#url = url
    this.cookies = new Map(cookies)
  }

  async fetch(path: string, headers: Record<string, string> = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(this.#url + path, { redirect: 'manual', headers: { ...headers, cookie } })
    for (const header of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? []
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }

  async json(path: string): Promise<unknown> {
    return (await this.fetch(path)).json()
  }

  /** Another browser with the cookies that this one has now. */
  copy(): Browser {
    return new Browser(this.#url, this.cookies)
  }
}
