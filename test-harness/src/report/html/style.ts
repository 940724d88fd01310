/** Without a font, an image or anything else that would have to be fetched. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1b2128; --dim: #5a6572; --line: #d5dae1; --code: #eef1f5;
  --good: #14713f; --good-soft: #e2f3e9; --bad: #b42318; --bad-soft: #fdeae8; --open: #6b5200; --open-soft: #f7f0dc; --mark: #dfe9fb; --mark-line: #4a72b8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161b; --card: #1b2128; --text: #e6eaef; --dim: #9aa6b4; --line: #353e49; --code: #262e37;
    --good: #5fd08f; --good-soft: #15301f; --bad: #ff8a7d; --bad-soft: #3b1a17; --open: #e0c26a; --open-soft: #332b14; --mark: #22355a; --mark-line: #7fa6ea;
  }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
main { max-width: 72rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .4rem 0 }
h2 { font-size: 1.2rem; margin: 2rem 0 .6rem }
h3 { font-size: 1rem; margin: 0 0 .3rem }
h4 { font-size: .8rem; margin: .8rem 0 .2rem; color: var(--dim); font-weight: 600 }
p { margin: .3rem 0 }
ul { list-style: none; margin: 0; padding: 0 }
a { color: inherit }
code, pre { font: .85rem/1.5 ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace }
pre { margin: 0; padding: .5rem .7rem; background: var(--code); border-radius: 6px; overflow-x: auto; overflow-wrap: normal }
.aside { color: var(--dim); font-size: .85rem }
.good { --tone: var(--good); --soft: var(--good-soft) }
.bad { --tone: var(--bad); --soft: var(--bad-soft) }
.open { --tone: var(--open); --soft: var(--open-soft) }
.verdict { background: var(--card); border: 1px solid var(--line); border-left: 6px solid var(--tone); border-radius: 8px; padding: 1rem 1.2rem }
.badge { display: inline-block; margin: 0; padding: 0 .6rem; border-radius: 4px; background: var(--tone); color: var(--card); font-size: .85rem }
.badge b { border-right: 1px solid; padding-right: .5rem; margin-right: .3rem }
.tiers { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .8rem; margin-top: .8rem }
.tier { background: var(--card); border: 1px solid var(--line); border-top: 4px solid var(--tone); border-radius: 8px; padding: .6rem .8rem; font-size: .85rem }
.tier h2 { margin: 0; font-size: .95rem }
.score { font-size: 1.4rem; color: var(--tone); margin: 0 }
progress { width: 100%; height: .5rem; accent-color: var(--tone) }
.pill { display: inline-block; padding: 0 .45rem; border-radius: 9px; background: var(--soft); color: var(--tone); font-size: .75rem; font-weight: 600; white-space: nowrap }
.guarantees { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: .8rem }
.guarantees li { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; font-size: .9rem }
.guarantees .bad { border-color: var(--tone) }
.failure { background: var(--card); border: 1px solid var(--tone); border-left-width: 6px; border-radius: 8px; padding: .9rem 1.1rem; margin-bottom: 1rem }
.message { font-weight: 600; white-space: pre-wrap }
dl { margin: .3rem 0 } dt { color: var(--dim); font-size: .85rem } dd { margin: 0 0 .2rem }
dd code { white-space: pre-wrap }
.why { border-left: 3px solid var(--line); padding-left: .7rem; color: var(--dim) }
.orders { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: .8rem }
.order { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; min-width: 0; font-size: .85rem }
.order.bad { border: 2px solid var(--tone); background: var(--soft) }
.frame { overflow-x: auto; margin: .4rem 0 }
.drawing { display: block; font-size: 12px; font-family: system-ui, sans-serif }
.drawing.fits { max-width: 100%; height: auto }
.drawing text { fill: var(--text) }
.lane text { fill: var(--dim) } .lane line { stroke: var(--line); stroke-dasharray: 3 3 }
.mark rect { fill: var(--mark); stroke: var(--mark-line) } .mark text { text-anchor: middle }
.fault rect { fill: var(--bad-soft); stroke: var(--bad); stroke-width: 2 } .fault text { fill: var(--bad); font-weight: 700 }
.filter { position: sticky; top: 0; background: var(--page); padding: .5rem 0; display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: center }
input[type=search] { font: inherit; width: 12rem; max-width: 60vw }
.concept { margin: 1rem 0 }
.rule { background: var(--card); border: 1px solid var(--line); border-bottom: 0; padding: .35rem .8rem; scroll-margin-top: 6rem }
.rule:last-child { border-bottom: 1px solid var(--line) }
.rule > summary { cursor: pointer } .rule[open] > summary { font-weight: 600 }
.rule:target, .failure:target { outline: 2px solid var(--mark-line) }
.concept:not(:has(.rule:not([hidden]))) { display: none }
main:has(#show-bad:checked) :is(.rule:not(.bad), .concept:not(:has(.bad))) { display: none }
main:has(#show-open:checked) :is(.rule:not(.open), .concept:not(:has(.open))) { display: none }
footer { margin: 2rem 0 1rem; color: var(--dim); font-size: .85rem }
@media print {
  :root { color-scheme: light }
  body { background: #fff; font-size: 11px }
  .filter { display: none }
  .failure, .order, .rule { break-inside: avoid }
  pre { white-space: pre-wrap }
  .frame { overflow: visible }
}
`
