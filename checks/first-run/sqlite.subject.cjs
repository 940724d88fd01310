const { join } = require('node:path')
const { defineSubject } = require('@leeway/conformance')
const { sqliteStore } = require('@leeway/sqlite')

module.exports = defineSubject({
  name: 'sqlite in CommonJS',
  open: ({ scratch, namespace, maxPayloadBytes }) =>
    sqliteStore({ path: join(scratch, 'sessions.db'), namespace, maxPayloadBytes }),
})
