import { afterEach, expect, it, vi } from 'vitest'
import { systemChromium } from './index.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

it('is on the PATH', () => {
  vi.stubEnv('LEEWAY_CHROMIUM', undefined)
  expect(systemChromium().executablePath).toMatch(/\/(chromium|chromium-browser|google-chrome)$/)
})

it('is the one that LEEWAY_CHROMIUM names', () => {
  vi.stubEnv('LEEWAY_CHROMIUM', '/opt/chromium')
  expect(systemChromium().executablePath).toBe('/opt/chromium')
})

it('throws where there is none', () => {
  vi.stubEnv('LEEWAY_CHROMIUM', undefined)
  vi.stubEnv('PATH', '/nowhere')
  expect(() => systemChromium()).toThrow('npm test')
})
