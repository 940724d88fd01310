import { systemChromium } from '@leeway/testing'
import puppeteer, { type Browser, type BrowserContext, type Page } from 'puppeteer-core'
import { afterEach, beforeAll, expect } from 'vitest'

const PATIENCE = { timeout: 20_000 }

/** Browsers for the tests of one file, each with cookies of its own: contexts of one Chromium, closed after each test. */
export function chromiumBrowsers(): () => Promise<BrowserContext> {
  let chromium: Browser
  const opened: BrowserContext[] = []
  beforeAll(async () => {
    chromium = await puppeteer.launch(systemChromium())
    return () => chromium.close()
  })
  afterEach(async () => {
    for (const context of opened.splice(0)) await context.close()
  })
  return async () => {
    const context = await chromium.createBrowserContext()
    opened.push(context)
    return context
  }
}

/** What the page shows of its browser A. */
interface Shown {
  readonly badge: string
  readonly note: string
  /** Empty where nobody is logged in. */
  readonly hello: string
  readonly visits: string
  readonly sessions: number
  /** What is in the form, where there is one. */
  readonly memo: string | null
  readonly memoStatus: string
}

/** Gives `Shown`. It is text: the types of a browser have no place in a program for Node. */
const READ = `(() => {
  const find = (selector) => document.querySelector('article').querySelector(selector)
  const textOf = (selector) => find(selector).checkVisibility() ? find(selector).textContent : ''
  return {
    badge: textOf('.badge'),
    note: textOf('.note'),
    hello: textOf('.hello'),
    visits: textOf('.visits'),
    sessions: find('.sessions').checkVisibility() ? find('.sessions ul').children.length : 0,
    memo: find('.memo').checkVisibility() ? find('.memo textarea').value : null,
    memoStatus: textOf('.memo [role=status]'),
  }
})()`

/** The example's page in a tab, used as a visitor does: by what is written on its buttons and fields. */
export class Tab {
  readonly page: Page
  /** What the console said and what was thrown. */
  readonly complaints: string[] = []

  private constructor(page: Page) {
    this.page = page
    page.on('console', (message) => this.complaints.push(message.text()))
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    page.setDefaultTimeout(PATIENCE.timeout)
  }

  /** Opens the page; resolves once it has heard of its session. */
  static async open(context: BrowserContext, url: string): Promise<Tab> {
    const tab = new Tab(await context.newPage())
    await tab.page.goto(url)
    await tab.shows({ badge: expect.stringMatching(/./) })
    return tab
  }

  read(): Promise<Shown> {
    return this.page.evaluate(READ) as Promise<Shown>
  }

  /** Resolves once the page shows this. */
  async shows(expected: Partial<Shown>): Promise<void> {
    await expect.poll(() => this.read(), PATIENCE).toMatchObject(expected)
  }

  async press(button: string): Promise<void> {
    await (await this.#find('button', button)).click()
  }

  async type(field: string, text: string): Promise<void> {
    await (await this.#find('textbox', field)).fill(text)
  }

  async login(name: string): Promise<void> {
    await this.type('Name', name)
    await this.press('Log in')
    await this.shows({ hello: `Hello, ${name}`, note: expect.stringMatching(/^Logged in/) })
  }

  /** The session that the tab's browser has. */
  async sessionId(): Promise<string> {
    const cookies = await this.page.browserContext().cookies()
    return cookies.find(({ name }) => name === 'leeway_a')?.value.split('.')[0] ?? ''
  }

  async #find(role: 'button' | 'textbox', name: string) {
    // A tab that is not seen draws nothing, and is not clicked on.
    await this.page.bringToFront()
    return this.page.locator(`article ::-p-aria([name="${name}"][role="${role}"])`)
  }
}
