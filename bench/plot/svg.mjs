// SVG as text: elements, and the colours of both grounds. What shows the picture may be light or dark, and may say so or not:
// the picture brings its own ground.

/** An element; attributes that are undefined are left out. */
export function element(name, attributes, ...children) {
  const words = Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [` ${key}="${escaped(value)}"`]))
  return children.length === 0 ? `<${name}${words.join('')}/>` : `<${name}${words.join('')}>${children.join('')}</${name}>`
}

export const text = (words, x, y, attributes = {}) => element('text', { x: near(x), y: near(y), ...attributes }, escaped(words))
export const line = (x1, y1, x2, y2, kind) =>
  element('line', { x1: near(x1), y1: near(y1), x2: near(x2), y2: near(y2), class: kind })
export const move = (x, y, ...children) =>
  element('g', { transform: `translate(${near(x)} ${near(y)})` }, ...children.map((child) => `\n${child}`))

/** A position with one digit behind the point: enough for the eye. */
export const near = (value) => Math.round(value * 10) / 10

function escaped(value) {
  return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** A scale of powers of ten, from `from` to `to`: the place of a value between 0 and `length`. */
export function logScale(from, to, length) {
  return (value) => ((Math.log10(value) - Math.log10(from)) / (Math.log10(to) - Math.log10(from))) * length
}

/** The powers of ten in a range. */
export function decades(from, to) {
  const first = Math.ceil(Math.log10(from) - 1e-9)
  const last = Math.floor(Math.log10(to) + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 10 ** (first + i))
}

/** The range of powers of ten around values. */
export function around(values) {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.ceil(Math.log10(Math.max(...values)))
  return [10 ** low, 10 ** Math.max(high, low + 1)]
}

const STYLE = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 } .name { font-weight: 600 } .quiet { fill: #59636e; font-size: 11px }
  .ground { fill: #ffffff; stroke: #d1d9e0 } .grid { stroke: #e4e8ec } .same { stroke: #59636e }
  .held { fill: #0969da } .missed { fill: #cf222e } .budget { stroke: #1f2328; stroke-width: 2 }
  .ours, .first, .theirs { fill: none; stroke-width: 2; stroke: #0969da } .first { stroke-dasharray: 2 4 } .theirs { stroke: #bc4c00; stroke-dasharray: 7 3 }
  .ours-dot { fill: #0969da } .first-dot { fill: #ffffff; stroke: #0969da } .theirs-dot { fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .quiet { fill: #9198a1 } .ground { fill: #0d1117; stroke: #3d444d } .grid { stroke: #262c34 } .same { stroke: #9198a1 }
    .held { fill: #4493f8 } .missed { fill: #f85149 } .budget { stroke: #f0f6fc }
    .ours, .first { stroke: #4493f8 } .theirs { stroke: #f0883e }
    .ours-dot { fill: #4493f8 } .first-dot { fill: #0d1117; stroke: #4493f8 } .theirs-dot { fill: #f0883e }
  }
`

/** The whole picture. `what` says what can be seen in it, to those who cannot. */
export function picture(width, height, what, ...children) {
  const head = { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': what }
  const ground = element('rect', { x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 6, class: 'ground' })
  const parts = [element('title', {}, escaped(what)), element('style', {}, STYLE), ground, ...children]
  return `${element('svg', head, ...parts.map((part) => `\n${part}`), '\n')}\n`
}
