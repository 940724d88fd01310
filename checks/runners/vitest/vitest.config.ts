export default { test: { testTimeout: 100 } }
