import type { Entry, Ledger, Seen } from './ledger.ts'

/** What became of the writes that were acknowledged, and which answers were wrong. */
export interface Verdict {
  /** Writes; loads are not counted. */
  sent: number
  acknowledged: number
  /** In effect afterwards: there, or ended by a logout that came after them. */
  kept: number
  lost: number
  /** Sessions that can be loaded although they were destroyed. */
  resurrected: number
  /** Answers "no session" for sessions that had not been lost. */
  falselyAbsent: number
  /** The same, for sessions that are gone without a logout: the failure lost them. */
  trulyAbsent: number
  /** Loads that did not show what had been acknowledged before, although it was not lost. */
  stale: number
  /** Writes that loads did not show before a logout ended the session: lost or not seen, nobody can tell any more. */
  unclear: number
  /** Times that a session was not among its owner's, while callers were at work or afterwards: a revocation misses it. */
  unlisted: number
}

type Read = (entry: Entry) => Promise<{ readonly seen: Seen | undefined; readonly isListed: boolean }>

/** Reads every session once the servers are well again. */
export async function judge(ledger: Ledger, read: Read): Promise<Verdict> {
  const verdict: Verdict = {
    sent: ledger.sent,
    acknowledged: ledger.acknowledged,
    kept: 0,
    lost: 0,
    resurrected: 0,
    falselyAbsent: 0,
    trulyAbsent: 0,
    stale: 0,
    unclear: 0,
    unlisted: 0,
  }
  for (const entry of ledger.entries) {
    if (!entry.isCreated) continue
    const { seen, isListed } = await read(entry)
    if (seen === undefined) judgeAbsent(entry, verdict)
    else judgePresent(entry, seen, verdict)
    verdict.stale += entry.stale
    if (seen !== undefined && entry.isExpected && !isListed) verdict.unlisted++
  }
  return verdict
}

/**
 * A logout that found nothing may have been carried out and sent again by the client; only an answer "no session" before
 * it says that the session had been lost.
 */
function judgeAbsent(entry: Entry, verdict: Verdict): void {
  const isLost = !entry.isDestroySent || (!entry.wasThere && entry.absences > 0)
  if (isLost) verdict.lost += entry.acknowledged
  else verdict.kept += entry.acknowledged
  if (isLost) verdict.trulyAbsent += entry.absences
  else verdict.falselyAbsent += entry.absences
  if (!isLost) verdict.unclear += entry.missing.size
  verdict.stale += entry.sightings
}

function judgePresent(entry: Entry, seen: Seen, verdict: Verdict): void {
  entry.compare([...entry.marks], seen)
  const touched = [...entry.touches].filter((mark) => seen.end >= mark)
  const lost = entry.missing.size + entry.touches.size - touched.length
  verdict.kept += entry.marks.size + entry.touches.size - lost
  verdict.lost += lost
  verdict.falselyAbsent += entry.absences
  verdict.unlisted += entry.omissions
  if (entry.isDestroyed) verdict.resurrected++
}
