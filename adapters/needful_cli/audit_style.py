"""The style sheet of a report: light, dark, and on paper.

The colours of data are those of Okabe and Ito, which people with every kind of colour vision tell apart. Every bar has
an outline as well, so that none depends on its contrast with the page.
"""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """
:root { color-scheme: light dark; --ink: #1a1b1f; --muted: #4e5058; --paper: #ffffff; --soft: #f1f2f5; --line: #c9cbd3;
  --main: #0072b2; --whole: #dfe3ea; --good: #005f43; --bad: #a30000; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #ececf1; --muted: #b6b9c3; --paper: #15161a; --soft: #202228; --line: #4a4d57; --main: #56b4e9;
    --whole: #343842; --good: #5fd3ab; --bad: #ff9c8f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .5rem; }
p { margin: 0 0 .75rem; max-width: 46rem; }
section { margin-top: 2.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
.muted, caption, figcaption { color: var(--muted); }
.status { margin: 1.25rem 0; padding: .75rem 1rem; border: 2px solid; border-radius: .4rem; overflow-wrap: anywhere; }
.status p { margin: 0; max-width: none; color: var(--ink); }
.status strong { font-size: 1.1rem; }
.holds { border-color: var(--good); } .holds strong { color: var(--good); }
.broken { border-color: var(--bad); } .broken strong { color: var(--bad); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: .75rem; margin: 0; }
dl div { padding: .6rem .8rem; background: var(--soft); border-radius: .4rem; }
dt { color: var(--muted); font-size: .875rem; } dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; overflow-x: auto; }
svg { display: block; width: 100%; min-width: 34rem; height: auto; font: 13px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .tick, svg .unit { fill: var(--muted); font-size: 12px; }
svg .label, svg .note { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
svg .label { font-weight: 600; } svg .inside { text-anchor: middle; font-size: 12px; }
svg .note { font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); stroke-width: .75; } .base { stroke: var(--muted); stroke-width: 1.25; }
.part { stroke: var(--ink); stroke-width: .6; } .whole { fill: var(--whole); stroke: var(--muted); stroke-width: .6; }
.main { fill: var(--main); } .k-keep { fill: #d55e00; } .k-coarser { fill: #f0b429; } .k-replaced { fill: #56b4e9; }
.k-removed { fill: #0072b2; } .k-dropped { fill: #8a8a91; }
svg .inside { fill: #000000; } svg .on-k-removed { fill: #ffffff; } svg .on-whole { fill: var(--ink); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: 0 0 .25rem; list-style: none; }
.legend svg { display: inline-block; width: .9rem; min-width: 0; height: .9rem; vertical-align: -.1rem;
  margin-right: .4rem; }
.scroll { overflow: auto; max-height: 26rem; border: 1px solid var(--line); border-radius: .4rem; }
.scroll:focus-visible, figure:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
caption { text-align: left; padding: .5rem .75rem; font-size: .875rem; }
th, td { padding: .35rem .75rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
th[scope=row] { font-weight: 500; } td, th[scope=row] { overflow-wrap: anywhere; min-width: 5rem; }
th[scope=row] { min-width: 9rem; }
thead th { position: sticky; top: 0; background: var(--soft); white-space: nowrap; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
@page { size: A4; margin: 16mm; }
@media print {
  :root { color-scheme: light; }
  body { padding: 0; max-width: none; font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  section { margin-top: 1.25rem; padding-top: .75rem; }
  h2, caption, .legend, section > p:has(+ figure), section > p:has(+ p + figure) { break-after: avoid; }
  figure, .status, dl, tr { break-inside: avoid; }
  figure { overflow: visible; } svg { min-width: 0; max-height: 240mm; }
  .scroll { max-height: none; overflow: visible; border: 0; }
  thead { display: table-header-group; } thead th { position: static; white-space: normal; }
  th, td { padding: .15rem .5rem; }
}
""".strip()
"""No rule of it fetches anything."""
