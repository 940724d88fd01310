import { type LeewayKind, leewayKinds } from '../stores.ts'
import type { Binding } from './application.ts'
import { onExpress } from './on-express.ts'
import { onFastify } from './on-fastify.ts'
import { onFetch } from './on-fetch.ts'
import { onHono } from './on-hono.ts'
import { onNode } from './on-node.ts'

/** Bindings whose sessions are leeway's own: they go through every race, on every store. */
export const nativeBindings: readonly Binding[] = [onNode, onExpress, onFastify, onHono, onFetch]

/** Every one of these with every store. */
export function onEveryStore(bindings: readonly Binding[], kinds: readonly LeewayKind[] = leewayKinds) {
  return bindings.flatMap((binding) => kinds.map((kind) => ({ name: binding.name, kind, binding })))
}

/** Every one of these with every one of those. */
export function crossed<A extends object, B extends object>(these: readonly A[], those: readonly B[]): (A & B)[] {
  return these.flatMap((one) => those.map((other) => ({ ...one, ...other })))
}
