const { memoryStore } = require('@leeway/core/memory')

const directories = new Map()

exports.myStore = ({ directory, ...options }) => {
  const records = directories.get(directory) ?? new Map()
  directories.set(directory, records)
  return memoryStore({ records, ...options })
}
