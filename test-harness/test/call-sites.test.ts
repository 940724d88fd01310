import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { siteOf } from '../src/engine/call-sites.ts'
import { defineSubject, formatReport, runConformance } from '../src/index.ts'
import { leakyStore } from './fixtures/leaky-store.ts'

const path = fileURLToPath(new URL('./fixtures/leaky-store.ts', import.meta.url))
const lines = readFileSync(path, 'utf8').split('\n')
const subject = defineSubject({ name: 'leaky', open: leakyStore })

describe('a failure names the line of the store', () => {
  it('where one call stood while another went on, and how it came there', async () => {
    const at = await sitesOf('STEP-002')
    expect(at[0]).toMatch(
      `remember (${lineOf('between compare and set')}) ← update (${lineOf('await remember')}): where store`,
    )
    expect(at[0]).toMatch(/: where store\d+\.update stood while store\d+\.update went on; then /)
  })

  it('and the lines that the call came by afterwards, without those of the helpers that it called there', async () => {
    const at = await sitesOf('STEP-002')
    expect(at[0]?.split('; then ')[1]).toBe(`update (${lineOf('a second look')}), update (${lineOf('over another')})`)
  })

  it('that threw', async () => {
    expect(await sitesOf('TOUCH-005')).toEqual([`touch (${lineOf('thrown')}): in store1.touch`])
  })

  it('that never answered', async () => {
    expect(await sitesOf('DESTROY-002')).toEqual([`destroy (${lineOf('never answered')}): in store1.destroy`])
    expect(await sitesOf('LIST-001')).toEqual([`list (${lineOf('begins and hangs')}): in store1.list`])
  })

  it('in the text of the report', async () => {
    const report = await runConformance(subject, { rules: ['TOUCH-005'] })
    expect(formatReport(report)).toContain(`touch (${lineOf('thrown')}): in store1.touch\n`)
  })

  it('and of no other store, once it has been found', async () => {
    await sitesOf('TOUCH-005')
    const { results } = await runConformance(defineSubject({ ...subject, name: 'other', open: nothing }))
    expect(results.flatMap(({ failure }) => failure?.at ?? [])).toEqual([])
  })
})

describe('the site of a stack', () => {
  it("leaves out the kit, Node's own files and, where anything else is left, installed packages", () => {
    const kit = new URL('../src/engine/trace.ts', import.meta.url)
    const stack = [
      'Error: with a message',
      `    at step (${kit}:1:1)`,
      '    at Socket.write (node:net:1:1)',
      '    at send (/app/node_modules/client/index.js:5:1)',
      '    at async Store.#write (file:///app/my-store.js:7:1)',
      '    at /app/my-store.js:9:1',
      `    at called (${kit}:2:1)`,
      '    at /app/test.js:1:1',
    ]
    expect(siteOf(stack.join('\n'))).toBe('#write (/app/my-store.js:7) ← /app/my-store.js:9')
    expect(siteOf(stack.filter((line) => !line.includes('my-store')).join('\n'))).toBe(
      'send (/app/node_modules/client/index.js:5)',
    )
    expect(siteOf(stack.slice(0, 3).join('\n'))).toBeUndefined()
  })
})

async function nothing(): Promise<never> {
  throw new Error('cannot be opened')
}

function lineOf(mark: string): string {
  return `${relative(process.cwd(), path)}:${lines.findIndex((line) => line.includes(mark)) + 1}`
}

async function sitesOf(rule: string): Promise<readonly string[]> {
  const { results } = await runConformance(subject, { rules: [rule], deadlineMs: 50 })
  return results.find(({ id }) => id === rule)?.failure?.at ?? []
}
