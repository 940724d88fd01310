const { defineSubject } = require('@leeway/conformance')
const { myStore } = require('./my-store.cjs')

module.exports = defineSubject({
  name: 'my-store in CommonJS',
  open: ({ scratch, namespace, maxPayloadBytes }) => myStore({ directory: scratch, namespace, maxPayloadBytes }),
})
