import { type LeewayKind, leewayKinds } from '../stores.ts'
import type { Binding } from './application.ts'
import { onExpress } from './on-express.ts'
import { onExpressSession } from './on-express-session.ts'
import { onFastify } from './on-fastify.ts'
import { onFastifySession } from './on-fastify-session.ts'
import { onFetch } from './on-fetch.ts'
import { onHono } from './on-hono.ts'
import { onKoaSession } from './on-koa-session.ts'
import { onNode } from './on-node.ts'

/** Bindings whose sessions are leeway's own: they go through every race, on every store. */
export const nativeBindings: readonly Binding[] = [onNode, onExpress, onFastify, onHono, onFetch]

/**
 * Frameworks' own sessions on a store of leeway's. Cookies are the frameworks' affair, and so are outages: they go through
 * the races that a store decides.
 */
export const dropInBindings: readonly Binding[] = [onExpressSession, onFastifySession, onKoaSession]
export const dropInKinds: readonly LeewayKind[] = ['memory', 'sqlite', 'redis']

/** Every one of these with every store, and a name for where it is kept. */
export function onEveryStore(bindings: readonly Binding[], kinds: readonly LeewayKind[] = leewayKinds) {
  return bindings.flatMap((binding) => {
    const { name } = binding
    return kinds.map((kind) => ({ name, kind, binding, place: `${name.replaceAll(/\W+/g, '-')}-${kind}` }))
  })
}

/** Everything, for the races that every binding goes through. */
export const all = [...onEveryStore(nativeBindings), ...onEveryStore(dropInBindings, dropInKinds)]

export function isNative(binding: Binding): boolean {
  return nativeBindings.includes(binding)
}

/** Every one of these with every one of those. */
export function crossed<A extends object, B extends object>(these: readonly A[], those: readonly B[]): (A & B)[] {
  return these.flatMap((one) => those.map((other) => ({ ...one, ...other })))
}
