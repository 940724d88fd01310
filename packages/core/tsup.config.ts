import { defineConfig } from 'tsup'
import { library } from '../../tsup.base.ts'

export default defineConfig(
  library([
    'src/index.ts',
    'src/adapter.ts',
    'src/devalue.ts',
    'src/fetch.ts',
    'src/http.ts',
    'src/memory.ts',
    'src/records.ts',
    'src/testing.ts',
  ]),
)
