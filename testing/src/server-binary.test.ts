import { afterEach, expect, it, vi } from 'vitest'
import { serverBinaries, serverBinary } from './index.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

it('is on the PATH', () => {
  vi.stubEnv('LEEWAY_REDIS_SERVER', undefined)
  expect(serverBinaries()).toContain(serverBinary())
  expect(serverBinary()).toMatch(/\/(redis|valkey)-server$/)
})

it('is the one that LEEWAY_REDIS_SERVER names', () => {
  vi.stubEnv('LEEWAY_REDIS_SERVER', '/opt/valkey-server')
  expect(serverBinaries()).toEqual(['/opt/valkey-server'])
})

it('throws where there is none', () => {
  vi.stubEnv('LEEWAY_REDIS_SERVER', undefined)
  vi.stubEnv('PATH', '/nowhere')
  expect(() => serverBinaries()).toThrow('npm test')
})
