import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { systemChromium } from '@leeway/testing'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Report, toHtml, toJUnit } from '../src/index.ts'
import * as inPage from './fixtures/in-page.ts'
import { brokenReport, HOSTILE, hostileReport, keptReport } from './fixtures/sample-reports.ts'

/** Left behind, for whoever wants to see the pages. */
const screenshots = fileURLToPath(new URL('../screenshots/', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'leeway-html-'))
const TEN = Array.from({ length: 10 }, (_, n) => `ORDER-${String(n + 1).padStart(3, '0')}`)
/** What a request and a cleanup do in each of the ten orders, as the developers' list had them in 2005. */
const ORDERS = ['CDLPS', 'CLDPS', 'CLPDS', 'CLPSD', 'LCDPS', 'LCPDS', 'LCPSD', 'LPCDS', 'LPCSD', 'LPSCD']
const PHONE = { width: 360, height: 740 }
const DESKTOP = { width: 1280, height: 900 }

mkdirSync(screenshots, { recursive: true })
const [kept, broken, hostile] = [await keptReport(), await brokenReport(), await hostileReport()]
let browser: Browser
let reader: Page | undefined
beforeAll(async () => {
  browser = await chromium.launch(systemChromium())
})
afterAll(async () => {
  await browser?.close()
  rmSync(directory, { recursive: true, force: true })
})

describe('the HTML report of a store that keeps every rule', () => {
  it('draws the ten orders as lanes, with their marks in order', async () => {
    const { page } = await opened(kept)
    const drawn = await page.evaluate<inPage.DrawnOrder[]>(inPage.readOrders)
    expect(drawn.map(({ id }) => id)).toEqual(TEN)
    for (const [n, { lanes, marks, faults }] of drawn.entries()) {
      expect(lanes).toEqual(['request', 'cleanup'])
      const lefts = marks.map(({ left }) => left)
      expect(lefts).toEqual(lefts.toSorted((a, b) => a - b))
      expect(marks.map(({ label }) => letterOf(label)).join('')).toBe(ORDERS[n])
      const rows = Map.groupBy(marks, ({ label }) => (/check|delete/.test(label) ? 'cleanup' : 'request'))
      expect([...rows.values()].map((row) => new Set(row.map(({ top }) => top)).size)).toEqual([1, 1])
      expect(faults).toBe(0)
    }
  })

  it('begins with the verdict and has every rule', async () => {
    const { page } = await opened(kept)
    expect(await page.textContent('h1')).toBe('memory keeps leeway 1, up to Concurrent')
    expect(await page.locator('.rule').count()).toBe(kept.results.length)
    expect(await page.locator('#failures').count()).toBe(0)
  })
})

describe('the HTML report of a store that breaks an order', () => {
  const failed = broken.results.filter(({ status }) => status === 'fail')

  it('begins with the verdict, and has failures in full with the command that runs them again', async () => {
    const { page } = await opened(broken)
    const { failure, why } = failed.find(({ id }) => id === 'ORDER-007') ?? {}
    expect(failure?.trace.length).toBeGreaterThan(2)
    expect(await page.textContent('h1')).toBe(`check-then-delete breaks ${failed.length} rules of leeway 1`)
    const card = await page.locator('#failure-ORDER-007').textContent()
    for (const text of [
      failure?.message,
      failure?.expected,
      failure?.actual,
      why,
      failure?.trace[0],
      failure?.replay,
    ]) {
      expect(card).toContain(text ?? 'something')
    }
    expect(card).toContain('npx @leeway/conformance replay ORDER-007')
  })

  it('highlights the orders that are broken, and the step at which they break', async () => {
    const { page } = await opened(broken)
    const styleOf = (selector: string, property: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).${property}`)
    const ids = failed.map(({ id }) => id).filter((id) => id.startsWith('ORDER-'))
    expect(ids).toContain('ORDER-007')
    expect(ids.length).toBeLessThan(10)
    expect(await page.locator('.order.bad a').allTextContents()).toEqual(ids)
    expect(await styleOf('.order.bad', 'borderTopColor')).not.toBe(await styleOf('.order.good', 'borderTopColor'))
    const [fault, mark] = ['.order.bad .fault rect', '.order.bad .mark:not(.fault) rect']
    expect(await styleOf(fault, 'stroke')).not.toBe(await styleOf(mark, 'stroke'))
    expect(await page.textContent('.order.bad .fault text')).toMatch(/ ✗$/)
  })

  it('is searched by words, and filtered without a script', async () => {
    const { page } = await opened(broken)
    await page.fill('input[type=search]', 'ORDER-007 clock')
    const found = await page.evaluate<string[]>(inPage.readShown)
    expect(found).toContain('ORDER-007')
    expect(found.length).toBeLessThan(10)
    expect(await page.textContent('#found')).toBe(found.length === 1 ? '1 rule' : `${found.length} rules`)
    const { page: plain } = await opened(broken, { javaScriptEnabled: false })
    expect(await plain.isVisible('input[type=search]')).toBe(false)
    await plain.check('#show-bad')
    expect(await plain.evaluate(inPage.readShown)).toEqual(failed.map(({ id }) => id))
  })
})

describe('the HTML report', () => {
  it.each([
    ['kept', kept, 'a phone', { viewport: PHONE, deviceScaleFactor: 2 }],
    ['kept', kept, 'a desktop', { viewport: DESKTOP }],
    ['broken', broken, 'a phone', { viewport: PHONE }],
    ['broken', broken, 'a small phone', { viewport: { width: 320, height: 600 } }],
    ['broken', broken, 'a desktop without JavaScript', { viewport: DESKTOP, javaScriptEnabled: false }],
  ])('$0 fits the width of $2, asks for nothing else and has no complaint', async (name, report, device, options) => {
    const { page, requests, complaints } = await opened(report, options)
    expect(await page.screenshot({ path: fileOf(name, device) }).then(pictureOf)).toMatchObject(colorful)
    const [, visible = 0] = await page.evaluate<number[]>(inPage.readWidths)
    expect(visible).toBe(options.viewport.width)
    expect(await page.evaluate(inPage.readWidths)).toEqual([visible, visible])
    // What is closed at first takes its room when it is opened.
    await page.evaluate(inPage.openAll)
    expect(await page.evaluate(inPage.readWidths)).toEqual([visible, visible])
    expect(requests).toEqual([page.url()])
    expect(complaints).toEqual([])
  })

  it.each([
    ['kept', kept, 'light'],
    ['broken', broken, 'light'],
    ['broken', broken, 'dark'],
  ] as const)('$0 draws the orders for whoever looks in $2', async (name, report, colorScheme) => {
    const { page } = await opened(report, { viewport: PHONE, colorScheme })
    const picture = await page
      .locator('#orders')
      .screenshot({ path: fileOf(name, `orders ${colorScheme}`) })
      .then(pictureOf)
    expect(picture).toMatchObject(colorful)
    if (colorScheme === 'light') expect(picture.brightness).toBeGreaterThan(200)
    else expect(picture.brightness).toBeLessThan(70)
  })
})

describe('what a store says', () => {
  const visible = HOSTILE.replace('\u0000', '\\x00')
    .replace('\u001b', '\\x1b')
    .replace('\ufffe', '\\ufffe')
    .replace('\ud800', '\\ud800')

  it('is text in the HTML report, whatever it looks like', async () => {
    const { page, complaints } = await opened(hostile)
    expect(await page.locator('script').count()).toBe(1)
    expect(await page.textContent('#failure-TEST-001 .message')).toBe(visible)
    expect(await page.textContent('.fault text')).toBe(`${visible.replace('\n', ' ')} ✗`)
    expect(complaints).toEqual([])
  })

  it('is text in the JUnit report, which a browser reads as XML', async () => {
    const { page } = await opened(kept)
    const read = (report: Report) => page.evaluate(`${inPage.readXml}(${JSON.stringify(toJUnit(report))})`)
    expect(await read(broken)).toMatchObject({ error: null, cases: broken.results.length })
    expect(await read(hostile)).toEqual({ error: null, cases: 2, message: visible })
  })

  it('cannot make the page ask for anything', async () => {
    const { page } = await opened(kept)
    const blocked = await page.evaluate(inPage.askForMuch)
    expect(blocked).toEqual({ refused: ['connect-src', 'img-src', 'script-src-elem'], ran: false })
  })
})

interface Opened {
  readonly page: Page
  readonly requests: readonly string[]
  readonly complaints: readonly string[]
}

/** A report in a page of its own, with what the page asked for and what the console said. */
async function opened(report: Report, options: BrowserContextOptions = {}): Promise<Opened> {
  const file = join(directory, `${report.subject.replaceAll(/\W/g, '-').slice(0, 20)}.html`)
  writeFileSync(file, toHtml(report))
  const context = await browser.newContext({ viewport: DESKTOP, ...options })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const [requests, complaints]: [string[], string[]] = [[], []]
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(pathToFileURL(file).href)
  return { page, requests, complaints }
}

const colorful = { colors: expect.toSatisfy((colors: number) => colors > 60, 'more than 60') }

/** Read by the browser itself. */
async function pictureOf(png: Buffer): Promise<inPage.Picture> {
  reader ??= await browser.newPage()
  return reader.evaluate<inPage.Picture>(`${inPage.readPicture}('data:image/png;base64,${png.toString('base64')}')`)
}

function fileOf(name: string, what: string): string {
  return join(screenshots, `${name}-${what}.png`.replaceAll(' ', '-'))
}

function letterOf(label: string): string | undefined {
  return label === 'delete' ? 'D' : label[0]?.toUpperCase()
}
