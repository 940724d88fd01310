/** For the tests of this package: a visitor whose browser keeps its cookies. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { cookie: this.cookie, ...init.headers }
    const response = await fetch(this.#url + path, { redirect: 'manual', ...init, headers })
    this.take(response)
    return response
  }

  async json(path: string): Promise<unknown> {
    return (await this.fetch(path)).json()
  }

  take(response: Response): void {
    for (const header of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = header.split('; ')
      const [name = '', value = ''] = pair.split('=')
      const isOver = attributes.some((one) => one === 'Max-Age=0' || one.startsWith('Expires=Thu, 01 Jan 1970'))
      if (isOver) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
  }
}
