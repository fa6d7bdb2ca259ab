"""How the console page looks: in light and in dark, on paper-wide and on narrow screens."""

STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --dim: #5a6675; --line: #d9dee5; --back: #fff; --card: #f6f8fa;
  --good: #15703a; --bad: #a02020; --busy: #8a5a00; --link: #1f5fbf }
@media (prefers-color-scheme: dark) {
  :root { --ink: #dfe5ec; --dim: #98a4b3; --line: #333c47; --back: #14181d; --card: #1c222a;
    --good: #5fce8b; --bad: #ff8a80; --busy: #e8b45a; --link: #86b6ff }
}
* { box-sizing: border-box }
body { font: 14px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 0 auto;
  max-width: 84rem; padding: 1.5rem 1rem 4rem }
header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 1rem }
header p { color: var(--dim); margin: 0 } a { color: var(--link) }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .6rem }
small { color: var(--dim); font-weight: 400 }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px }
table { border-collapse: collapse; width: 100%; min-width: 46rem }
th, td { text-align: left; vertical-align: top; padding: .45rem .7rem; font-weight: 400 }
strong, .detail, td span { overflow-wrap: anywhere } .one { white-space: nowrap; overflow-wrap: normal }
thead th { color: var(--dim); background: var(--card); font-weight: 600; white-space: nowrap }
tbody { border-top: 1px solid var(--line) }
tbody th { min-width: 13rem } tbody strong { font-weight: 600 }
td:target { background: #ffe9a8; color: #1d2733 }
code { font: 12px ui-monospace, monospace; white-space: nowrap }
code.path { white-space: normal; overflow-wrap: anywhere } .detail { min-width: 14rem }
th code { color: var(--dim) }
ul { list-style: none; margin: 0; padding: 0 } li + li { margin-top: .4rem } li > code { color: var(--dim) }
.status { white-space: nowrap }
.status::before { content: "●"; font-size: .7em; margin-right: .4em; vertical-align: .15em }
.good { color: var(--good) } .bad, .detail { color: var(--bad) } .busy { color: var(--busy) }
.none { color: var(--dim) }
progress { width: 7rem; height: .5rem; accent-color: currentColor }
"""
