import type { StandardSchemaV1 } from '@standard-schema/spec'
import { LeewayError } from '../errors.ts'
import { assertSynchronous } from '../synchronous.ts'
import { member } from './paths.ts'

const PATHS_KEPT = 10

/**
 * What a schema makes of session data. Its messages are left out of the error: some libraries quote the value in them.
 *
 * @throws `ERR_INVALID_DATA` with the paths; `ERR_INVALID_OPTION` where the schema answers with a promise
 */
export function validated(schema: StandardSchemaV1, data: unknown): unknown {
  const result = schema['~standard'].validate(data)
  assertSynchronous(result, 'schema', 'validate')
  if (!result.issues) return result.value
  const paths = [...new Set(result.issues.map(({ path = [] }) => path.reduce(step, 'data')))].slice(0, PATHS_KEPT)
  throw new LeewayError('ERR_INVALID_DATA', `the data does not fit the schema: ${paths.join(', ')}`, {
    operation: 'save',
    paths,
  })
}

function step(path: string, segment: PropertyKey | StandardSchemaV1.PathSegment): string {
  const key = typeof segment === 'object' ? segment.key : segment
  return typeof key === 'number' ? `${path}[${key}]` : member(path, String(key))
}
