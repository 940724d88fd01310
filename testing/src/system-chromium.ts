import { findOnPath } from './find-on-path.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

const ARGUMENTS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
  // Chromium's own sandbox does not start as root.
  '--no-sandbox',
  // This machine is all there is. It has the names under `.test` as well, which make it several sites.
  '--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
]

/**
 * The system's browser without a window, as both Playwright and Puppeteer launch it: the one that `LEEWAY_CHROMIUM`
 * names, or else the first on the `PATH`. It reaches this machine only.
 *
 * @throws where there is none: tests that need one fail then
 */
export function systemChromium() {
  const executablePath = process.env.LEEWAY_CHROMIUM || NAMES.map(findOnPath).find((path) => path !== undefined)
  if (executablePath === undefined) {
    throw new Error(
      `none of ${NAMES.join(', ')} is on the PATH: \`npm test\` installs one, as does \`apt-get install chromium\``,
    )
  }
  return { executablePath, headless: true, args: [...ARGUMENTS] }
}
