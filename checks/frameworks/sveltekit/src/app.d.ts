import type { Session } from '@leeway/core'

declare global {
  namespace App {
    interface Locals {
      session: Session<{ visits: number }>
    }
  }
}
