const UNPRINTABLE = /[^\t\n\u{20}-\u{7e}\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

/**
 * Text in which what a terminal would obey and XML cannot hold (control characters, half of a surrogate pair) is written
 * out, such as `\x1b`: what a store says ends up in both.
 */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0).toString(16)
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code}`
  })
}

/** The same plain data with printable text in it. */
export function printableData<T>(data: T): T {
  return JSON.parse(JSON.stringify(data), (_, value) => (typeof value === 'string' ? printable(value) : value))
}
