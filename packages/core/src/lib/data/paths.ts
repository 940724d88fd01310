import { LeewayError } from '../errors.ts'

/** The path of a property, as one would write it: `data.cart`, `data["content-type"]`. */
export function member(path: string, key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

/** @throws `ERR_NOT_SERIALIZABLE` */
export function refuse(path: string, reason: string): never {
  throw new LeewayError('ERR_NOT_SERIALIZABLE', `${path}: ${reason}`, { operation: 'save', path })
}

/** @throws `ERR_NOT_SERIALIZABLE` */
export function refuseInstance(path: string, prototype: object): never {
  // What a request's body has put in the prototype's place may call anything its constructor.
  const name: unknown = typeof prototype.constructor === 'function' ? prototype.constructor.name : undefined
  refuse(path, `an instance of ${typeof name === 'string' && name !== '' ? name : 'a class'} cannot be stored`)
}
