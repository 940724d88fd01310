/** Express 4, under the name that it is installed with for tests. Its applications are used as those of Express 5. */
declare module 'express-4' {
  import express from 'express'

  export default express
}
