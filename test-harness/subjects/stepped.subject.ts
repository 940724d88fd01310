import { defineSubject } from '../src/index.ts'
import { steppedStore, type TextBackend } from './stepped-store.ts'

const backends = new Map<string, TextBackend>()

function backendOf(scratch: string): TextBackend {
  const backend = backends.get(scratch) ?? { texts: new Map<string, string>(), isDown: false }
  backends.set(scratch, backend)
  return backend
}

export default defineSubject({
  name: 'stepped',
  open: ({ scratch, ...options }) => steppedStore({ backend: backendOf(scratch), ...options }),
  corrupt({ scratch, namespace, id }) {
    const { texts } = backendOf(scratch)
    const key = `${namespace}:${id}`
    texts.set(key, texts.get(key)?.slice(0, -10) ?? '')
  },
  fail: ({ scratch, ...options }) => {
    const backend = backendOf(scratch)
    backend.isDown = true
    return steppedStore({ backend, ...options })
  },
  discard: ({ scratch }) => void backends.delete(scratch),
})
